"""An oversight policy: where the agent acts alone and where a person decides.

Declared here and delivered with the release; nothing in promptctl enforces it at run time yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, bounds

Mode = Literal["autonomous", "confirm", "manual", "forbidden"]


@dataclass(frozen=True)
class Condition:
    """Bounds that an argument must meet for a rule to apply; all that are given must hold."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    lt: str | None = None
    lte: str | None = None
    gt: str | None = None
    gte: str | None = None
    eq: str | None = None


@dataclass(frozen=True)
class Approvers:
    """Who confirms, and how many of them."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    role: str
    count: int = field(default=1, metadata=bounds(1))
    not_requester: bool = True


@dataclass(frozen=True)
class OversightRule:
    """A rule about one action. `expires_in` is a duration like `30m`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    action: str
    mode: Mode
    when: dict[str, Condition] = field(default_factory=dict)
    approvers: Approvers | None = None
    expires_in: str | None = None
    on_timeout: Literal["deny"] = "deny"


@dataclass(frozen=True)
class KillSwitch:
    """While the variable is set where the agent runs, `mode` holds for every action."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    env_var: str
    mode: Mode = "manual"


@dataclass(frozen=True)
class OversightPolicy:
    """The strictest matching rule wins; `default` holds only where none matches."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    default: Mode = "manual"
    rules: tuple[OversightRule, ...] = ()
    kill_switch: KillSwitch | None = None
