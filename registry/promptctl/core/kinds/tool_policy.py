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
    min: str | None = None
    max: str | None = None
    pattern: str | None = None
    allowed: tuple[str, ...] = field(default=(), metadata=SET)


@dataclass(frozen=True)
class ToolLimits:
    """How often and how long."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    per_minute: int | None = field(default=None, metadata=bounds(1))
    timeout_ms: int | None = field(default=None, metadata=bounds(1))


@dataclass(frozen=True)
class Logging:
    """What is written down of a call, and what happens when it cannot be."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    every_call: bool = True
    content: Literal["none", "redacted", "full"] = "none"
    on_log_failure: Literal["deny", "allow"] = "deny"


@dataclass(frozen=True)
class AllowedTool:
    """One tool. `annotations` are those of the Model Context Protocol."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    name: str
    access: Literal["read", "write"]
    scopes: tuple[str, ...] = field(default=(), metadata=SET)
    annotations: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Argument] = field(default_factory=dict)
    limits: ToolLimits = field(default_factory=ToolLimits)
    logging: Logging = field(default_factory=Logging)


@dataclass(frozen=True)
class ToolPolicy:
    """What is not listed falls under `default`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    default: Literal["deny", "allow"] = "deny"
    tools: tuple[AllowedTool, ...] = ()
