"""An oversight policy: where the agent acts alone and where a person decides.

Declared here and delivered with the release; nothing in promptctl enforces it at run time yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, bounds

Mode = Literal["autonomous", "confirm", "manual", "forbidden"]

STRICTNESS = {"autonomous": 0, "confirm": 1, "manual": 2, "forbidden": 3}
"""Of the rules that match a call, the strictest decides."""


@dataclass(frozen=True)
class Condition:
    """Bounds that an argument must meet for a rule to apply; all that are given must hold."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    lt: str | None = None
    """Less than this decimal, in quotes."""
    lte: str | None = None
    """At most this decimal, in quotes."""
    gt: str | None = None
    """More than this decimal, in quotes."""
    gte: str | None = None
    """At least this decimal, in quotes."""
    eq: str | None = None
    """Equal to this text."""


@dataclass(frozen=True)
class Approvers:
    """Who confirms, and how many of them."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    role: str
    """The role that decides."""
    count: int = field(default=1, metadata=bounds(1))
    """How many of them must agree."""
    not_requester: bool = True
    """Whether nobody may confirm what he asked for himself."""


@dataclass(frozen=True)
class OversightRule:
    """A rule about one action. `expires_in` is a duration like `30m`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    action: str
    """The tool that is called."""
    mode: Mode
    """Whether the agent acts alone, asks a person, leaves it to a person, or may not."""
    when: dict[str, Condition] = field(default_factory=dict)
    """Arguments of the call, by name, and the bounds within which the rule applies."""
    approvers: Approvers | None = None
    """Who confirms."""
    expires_in: str | None = None
    """How long a question stays open: `30m`, `2h`."""
    on_timeout: Literal["deny"] = "deny"
    """What happens when nobody has answered by then."""


@dataclass(frozen=True)
class KillSwitch:
    """While the variable is set where the agent runs, `mode` holds for every action."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    env_var: str
    """The variable of the agent's environment that stops it."""
    mode: Mode = "manual"
    """What holds for every action while it is set."""


@dataclass(frozen=True)
class OversightPolicy:
    """The strictest matching rule wins; `default` holds only where none matches."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    default: Mode = "manual"
    """What holds for actions that no rule matches."""
    rules: tuple[OversightRule, ...] = ()
    """The rules; the strictest that matches wins, in whatever order they stand."""
    kill_switch: KillSwitch | None = None
    """How an agent is stopped at once."""
