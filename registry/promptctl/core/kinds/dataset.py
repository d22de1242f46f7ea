"""A dataset: the cases of a suite, one JSON object a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.kinds.marks import FORBID_UNKNOWN_KEYS, VALUE, forbid_unknown_keys


@dataclass(frozen=True)
class Document:
    """A passage that retrieval returned."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    id: str
    """How the answer may cite it."""
    content: str
    """The text of the passage."""
    title: str = ""
    """Its heading, or that of the page it is from."""
    score: float | None = None
    """How well it matched, as the retrieval said."""


@dataclass(frozen=True)
class Case:
    """One question and what its answer must hold.

    `documents` are what retrieval returned, best first; `complete` says that there were no more.
    """

    KEYS: ClassVar = {"assert": "assertions"}
    __pydantic_config__: ClassVar[dict[str, object]] = forbid_unknown_keys(KEYS)

    id: str
    """A name of its own in this dataset."""
    vars: dict[str, Any] = field(default_factory=dict)
    """The inputs of the prompt, by name."""
    documents: tuple[Document, ...] = ()
    """What retrieval returned, best first: the context template makes the input `context` of it."""
    complete: bool = False
    """Whether `documents` is all there was to find."""
    expected: Any = field(default=None, metadata=VALUE)
    """What the answer should hold, for assertions to name: `{{ expected.any_of }}`."""
    tags: tuple[str, ...] = ()
    """Words to group and pick cases by."""
    group: str = ""
    """Cases of one group (a conversation, a customer) are judged together: they are not independent."""
    must_pass: bool = False
    """Whether a release that fails this case is stopped, whatever the others do."""
    assertions: tuple[Assertion, ...] = ()
    """What this answer must hold, besides what the suite asks of every answer."""


@dataclass(frozen=True)
class Dataset:
    """Cases in the order of the file."""

    cases: tuple[Case, ...] = ()
