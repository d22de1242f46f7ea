"""A dataset: the cases of a suite, one JSON object a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.kinds.marks import FORBID_UNKNOWN_KEYS, VALUE


@dataclass(frozen=True)
class Document:
    """A passage that retrieval returned."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    id: str
    content: str
    title: str = ""
    score: float | None = None


@dataclass(frozen=True)
class Case:
    """One question and what its answer must hold.

    `documents` are what retrieval returned, best first; `complete` says that there were no more.
    """

    __pydantic_config__ = FORBID_UNKNOWN_KEYS
    KEYS: ClassVar = {"assert": "assertions"}

    id: str
    vars: dict[str, Any] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    complete: bool = False
    expected: Any = field(default=None, metadata=VALUE)
    tags: tuple[str, ...] = ()
    group: str = ""
    must_pass: bool = False
    assertions: tuple[Assertion, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Cases in the order of the file."""

    cases: tuple[Case, ...] = ()
