"""Guardrails: what may not come in, what may not be said, what may not leave.

Declared here and delivered with the release; nothing in promptctl enforces it at run time yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, SET, bounds, reference


@dataclass(frozen=True)
class InputRule:
    """A check of what a user sends."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    type: Literal["prompt_injection", "pii", "max_length", "banned_phrases"]
    action: Literal["block", "redact"]
    entities: tuple[str, ...] = field(default=(), metadata=SET)
    phrases: tuple[str, ...] = field(default=(), metadata=SET)
    max_characters: int | None = field(default=None, metadata=bounds(1))


@dataclass(frozen=True)
class Topic:
    """A topic that is out of bounds, recognised by its phrases."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    id: str
    phrases: tuple[str, ...] = field(default=(), metadata=SET)


@dataclass(frozen=True)
class OutputRule:
    """A check of what the model answers. `enforce: eval` is judged by suites, never at run time."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    type: Literal["banned_topics", "pii", "tone"]
    action: Literal["refuse", "redact", "block"] = "refuse"
    topics: tuple[Topic, ...] = ()
    entities: tuple[str, ...] = field(default=(), metadata=SET)
    forbidden: tuple[str, ...] = field(default=(), metadata=SET)
    judge: str | None = field(default=None, metadata=reference("prompt", judge=True))
    min_score: float | None = field(default=None, metadata=bounds(0, 1))
    enforce: Literal["runtime", "eval"] = "runtime"


@dataclass(frozen=True)
class Destination:
    """A place that text may be sent to, and what must not go along."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    id: str
    hosts: tuple[str, ...] = field(default=(), metadata=SET)
    redact: tuple[str, ...] = field(default=(), metadata=SET)
    block: tuple[str, ...] = field(default=(), metadata=SET)


@dataclass(frozen=True)
class Egress:
    """Where text may go."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    default: Literal["deny", "allow"] = "deny"
    destinations: tuple[Destination, ...] = ()


@dataclass(frozen=True)
class Guardrail:
    """Rules are checked in their order."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    input: tuple[InputRule, ...] = ()
    output: tuple[OutputRule, ...] = ()
    egress: Egress = field(default_factory=Egress)
    on_detector_error: Literal["block", "allow"] = "block"
    fallback_message: str = ""
