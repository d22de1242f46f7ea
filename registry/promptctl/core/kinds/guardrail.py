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
    """What is looked for."""
    action: Literal["block", "redact"]
    """What is done where it is found."""
    entities: tuple[str, ...] = field(default=(), metadata=SET)
    """The kinds of personal facts that `pii` looks for: `card_number`, `iban`, `email`, …"""
    phrases: tuple[str, ...] = field(default=(), metadata=SET)
    """The phrases that `banned_phrases` looks for."""
    max_characters: int | None = field(default=None, metadata=bounds(1))
    """The longest message that `max_length` lets through."""


@dataclass(frozen=True)
class Topic:
    """A topic that is out of bounds, recognised by its phrases."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    id: str
    """A name of its own in this rule."""
    phrases: tuple[str, ...] = field(default=(), metadata=SET)
    """The phrases by which the topic is recognised."""


@dataclass(frozen=True)
class OutputRule:
    """A check of what the model answers. `enforce: eval` is judged by suites, never at run time."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    type: Literal["banned_topics", "pii", "tone"]
    """What is looked for."""
    action: Literal["refuse", "redact", "block"] = "refuse"
    """What is done where it is found."""
    topics: tuple[Topic, ...] = ()
    """The topics that `banned_topics` looks for."""
    entities: tuple[str, ...] = field(default=(), metadata=SET)
    """The kinds of personal facts that `pii` looks for: `card_number`, `iban`, `email`, …"""
    forbidden: tuple[str, ...] = field(default=(), metadata=SET)
    """The tones that `tone` looks for: `sarcastic`, `rude`, …"""
    judge: str | None = field(default=None, metadata=reference("prompt", judge=True))
    """The prompt that judges the tone."""
    min_score: float | None = field(default=None, metadata=bounds(0, 1))
    """The least score of the judge that passes, from 0 to 1."""
    enforce: Literal["runtime", "eval"] = "runtime"
    """Whether the application enforces it at every answer, or suites judge it."""


@dataclass(frozen=True)
class Destination:
    """A place that text may be sent to, and what must not go along."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    id: str
    """A name of its own in this guardrail."""
    hosts: tuple[str, ...] = field(default=(), metadata=SET)
    """The hosts that text may be sent to: `api.example.com`, `*.example.com`, `localhost:8080`."""
    redact: tuple[str, ...] = field(default=(), metadata=SET)
    """What is made unreadable before it goes there: `email`, `phone`, …"""
    block: tuple[str, ...] = field(default=(), metadata=SET)
    """What never goes there: `card_number`, `secret`, …"""


@dataclass(frozen=True)
class Egress:
    """Where text may go."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    default: Literal["deny", "allow"] = "deny"
    """What holds for hosts that no destination names."""
    destinations: tuple[Destination, ...] = ()
    """Where text may go."""


@dataclass(frozen=True)
class Guardrail:
    """Rules are checked in their order."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    input: tuple[InputRule, ...] = ()
    """What is checked in a user's message, in this order."""
    output: tuple[OutputRule, ...] = ()
    """What is checked in an answer, in this order."""
    egress: Egress = field(default_factory=Egress)
    """Where text may go, and what must not go along."""
    on_detector_error: Literal["block", "allow"] = "block"
    """What happens where a check itself fails."""
    fallback_message: str = ""
    """What the user reads in place of an answer that was refused."""
