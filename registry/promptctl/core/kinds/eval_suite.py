"""An eval suite: what judges an artifact's behaviour. Assertions have promptfoo's names and meanings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from promptctl.core.kinds.marks import (
    ABOUT,
    FORBID_UNKNOWN_KEYS,
    VALUE,
    bounds,
    forbid_unknown_keys,
    reference,
)


@dataclass(frozen=True)
class Assertion:
    """One check of an answer. `type` is an assertion's name, or that name after `not-`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    type: str
    """The assertion's name (`contains`, `equals`, `regex`, `is-json`, …); `not-` before it turns it round."""
    value: Any = field(default=None, metadata=VALUE)
    """What is compared with; `{{ vars.NAME }}` and `{{ expected }}` are those of the case."""
    metric: str = "pass"
    """The metric that the score counts for."""
    weight: float = field(default=1.0, metadata=bounds(0))
    """How much it counts among the assertions of its metric."""
    threshold: float | None = field(default=None, metadata=bounds(0))
    """With a threshold the score is 1 where it is reached and 0 below."""


@dataclass(frozen=True)
class EvalSuite:
    """The gate decides on `primary`; `assertions`, written `assert:`, hold for every case."""

    KEYS: ClassVar = {"assert": "assertions"}
    __pydantic_config__: ClassVar[dict[str, object]] = forbid_unknown_keys(KEYS)

    target: str = field(metadata=reference("prompt", address=True))
    """The prompt that is judged, as an address: `prompts/NAME`."""
    dataset: str = field(metadata=reference("dataset"))
    """The cases."""
    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    primary: str = "pass"
    """The metric that the gate decides on."""
    min_score: float | None = field(default=None, metadata=bounds(0, 1))
    """The least mean of the primary metric that passes, from 0 to 1."""
    repeats: int = field(default=1, metadata=bounds(1))
    """How often each case is answered."""
    assertions: tuple[Assertion, ...] = ()
    """What every answer must hold."""
