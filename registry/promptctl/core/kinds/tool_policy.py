"""A tool policy: which tools, at which access level, and how each call is logged.

Declared here and delivered with the release; nothing in promptctl enforces it at run time yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, SET, bounds


@dataclass(frozen=True)
class Argument:
    """Bounds of one argument. Money and other exact numbers are decimal strings."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    type: Literal["string", "integer", "decimal", "boolean"]
    """The type of the argument; a `decimal` is an exact number in quotes."""
    min: str | None = None
    """The least number, as a decimal in quotes."""
    max: str | None = None
    """The largest number, as a decimal in quotes."""
    pattern: str | None = None
    """A regular expression that the whole text must match."""
    allowed: tuple[str, ...] = field(default=(), metadata=SET)
    """The only values that are allowed."""


@dataclass(frozen=True)
class ToolLimits:
    """How often and how long."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    per_minute: int | None = field(default=None, metadata=bounds(1))
    """The most calls in a minute."""
    timeout_ms: int | None = field(default=None, metadata=bounds(1))
    """How long a call may take, in milliseconds."""


@dataclass(frozen=True)
class Logging:
    """What is written down of a call, and what happens when it cannot be."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    every_call: bool = True
    """Whether every call is logged."""
    content: Literal["none", "redacted", "full"] = "none"
    """How much of a call's arguments and result is logged."""
    on_log_failure: Literal["deny", "allow"] = "deny"
    """What happens to a call that cannot be logged."""


@dataclass(frozen=True)
class AllowedTool:
    """One tool. `annotations` are those of the Model Context Protocol."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    name: str
    """The tool's name."""
    access: Literal["read", "write"]
    """Whether it changes anything."""
    scopes: tuple[str, ...] = field(default=(), metadata=SET)
    """What its credentials may do."""
    annotations: dict[str, Any] = field(default_factory=dict)
    """What the tool says about itself, as in the Model Context Protocol: `destructiveHint`, …"""
    arguments: dict[str, Argument] = field(default_factory=dict)
    """Bounds of the arguments, by name."""
    limits: ToolLimits = field(default_factory=ToolLimits)
    """How often it may be called, and how long a call may take."""
    logging: Logging = field(default_factory=Logging)
    """What is written down of a call."""


@dataclass(frozen=True)
class ToolPolicy:
    """What is not listed falls under `default`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    default: Literal["deny", "allow"] = "deny"
    """What holds for tools that are not listed."""
    tools: tuple[AllowedTool, ...] = ()
    """The tools that may be called."""
