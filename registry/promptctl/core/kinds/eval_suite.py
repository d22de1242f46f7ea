"""An eval suite: what judges an artifact's behaviour. Assertions have promptfoo's names and meanings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, VALUE, bounds, reference


@dataclass(frozen=True)
class Assertion:
    """One check of an answer. `type` is an assertion's name, or that name after `not-`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    type: str
    value: Any = field(default=None, metadata=VALUE)
    metric: str = "pass"
    weight: float = field(default=1.0, metadata=bounds(0))
    threshold: float | None = field(default=None, metadata=bounds(0))


@dataclass(frozen=True)
class EvalSuite:
    """The gate decides on `primary`; `assertions`, written `assert:`, hold for every case."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS
    KEYS: ClassVar = {"assert": "assertions"}

    target: str = field(metadata=reference("prompt", address=True))
    dataset: str = field(metadata=reference("dataset"))
    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    primary: str = "pass"
    min_score: float | None = field(default=None, metadata=bounds(0, 1))
    repeats: int = field(default=1, metadata=bounds(1))
    assertions: tuple[Assertion, ...] = ()
