"""The pipeline: what `promptctl.yaml` says about environments, gates and providers.

A gate that this version does not have is an unknown key, hence a finding: nothing that a team relies on is
ignored in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from promptctl.core.kinds.marks import FORBID_UNKNOWN_KEYS, bounds, forbid_unknown_keys
from promptctl.core.suggest import did_you_mean
from promptctl.errors import UsageError

BUILT_IN_PROVIDERS = ("local", "replay")


@dataclass(frozen=True)
class EvalsGate:
    """The evals gate of an environment. `margin` is a share: 0.05 allows a drop of five points."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    margin: float = 0.05
    """The largest drop that may go unnoticed, between 0 and 1: 0.05 is five points."""
    provider: str | None = None
    """Who answers in the experiments that count."""
    replay: Literal["refused", "allowed"] = "refused"
    """Whether recorded answers count."""
    max_age: str | None = None
    """How old an experiment may be: `30d`."""
    inconclusive: Literal["refused", "review"] = "refused"
    """Whether an approval that names the experiment unlocks an INCONCLUSIVE."""


@dataclass(frozen=True)
class ApprovalsGate:
    """How many people must approve a digest for the environment."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    count: int = field(default=1, metadata=bounds(1))
    """How many different people must approve."""
    not_author: bool = False
    """Whether who wrote the change, or promotes it, cannot be one of them."""


@dataclass(frozen=True)
class FreezeWindow:
    """A time in which nothing is promoted: every week, or between two dates."""

    KEYS: ClassVar = {"from": "begin", "to": "end"}
    __pydantic_config__: ClassVar[dict[str, object]] = forbid_unknown_keys(KEYS)

    begin: str
    """A weekday and time, `Fri 16:00`, or a date, `2026-12-23`, with or without a time."""
    end: str
    """The first moment after it: like `from`; a date without a time is the last day of the freeze."""
    timezone: str = "UTC"
    """Whose clock: a name of the IANA time zone database, like Europe/Berlin."""


@dataclass(frozen=True)
class PolicyLoosenedGate:
    """Who must approve a release that loosens a policy or a suite."""

    KEYS: ClassVar = {"from": "groups"}
    __pydantic_config__: ClassVar[dict[str, object]] = forbid_unknown_keys(KEYS)

    groups: tuple[str, ...]
    """The groups whose members' approvals count."""
    approvals: int = field(default=1, metadata=bounds(1))
    """How many of them must approve."""


@dataclass(frozen=True)
class Gates:
    """The gates that the file can set; `after` and `hold` always hold."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    evals: EvalsGate | None = None
    """Compares with what serves there now, by the suites of the prompt."""
    soak: str | None = None
    """How long a release must have served without a break in the environment before: `1h`, `2d`."""
    approvals: ApprovalsGate | None = None
    """People who must say yes to this digest."""
    signed: bool = False
    """Whether the release's tag must be signed by somebody in `.promptctl/allowed_signers`."""
    freeze: tuple[FreezeWindow, ...] = ()
    """When nothing is promoted."""
    policy_loosened: PolicyLoosenedGate | None = None
    """Who must approve what loosens a policy or a suite."""


@dataclass(frozen=True)
class Environment:
    """One environment; `after` names the one that a release must have served in before."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    name: str
    """Small letters, digits, `-` and `_`: its branch is `env/NAME`."""
    after: str | None = None
    """The environment that a release must have served in before."""
    gates: Gates = field(default_factory=Gates)
    """What a release must pass on its way here."""


@dataclass(frozen=True)
class Rate:
    """How often a provider may be called."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    requests_per_minute: int | None = field(default=None, metadata=bounds(1))
    """The most requests in a minute."""


@dataclass(frozen=True)
class ProviderSettings:
    """A model host that speaks the OpenAI-compatible API; the key is read from `api_key_env`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    base_url: str
    """The address of the API, with https:// or http://."""
    api_key_env: str | None = None
    """The environment variable that holds the key."""
    rate: Rate = field(default_factory=Rate)
    """How often it may be called."""


@dataclass(frozen=True)
class ReleaseSettings:
    """Branches, besides the default one, whose commits may be released (glob patterns)."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    branches: tuple[str, ...] = ()
    """Branches whose commits may be released, besides the default one; `*` stands for anything."""


@dataclass(frozen=True)
class Waivers:
    """Who may waive a gate, with a reason that is kept."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    allowed: tuple[str, ...] = ()
    """People, groups or e-mails."""


@dataclass(frozen=True)
class Pipeline:
    """The whole file. Environments stand in the order of promotion."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    environments: tuple[Environment, ...] = ()
    """The environments, in the order of promotion."""
    providers: dict[str, ProviderSettings] = field(default_factory=dict)
    """Model hosts that speak the OpenAI-compatible API, by name."""
    release: ReleaseSettings = field(default_factory=ReleaseSettings)
    """What may be released."""
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """One person each, with all identities: e-mails, or `github:ID`."""
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of people."""
    evaluators: tuple[str, ...] = ()
    """E-mails whose signature makes an experiment evidence. Without any, unsigned ones count, unverified."""
    promoters: tuple[str, ...] = ()
    """E-mails whose signature on a lock runtimes may trust."""
    waivers: Waivers = field(default_factory=Waivers)
    """Who may waive gates."""

    def environment(self, name: str) -> Environment:
        """Return the environment; raise `UsageError` where there is none of that name."""
        for each in self.environments:
            if each.name == name:
                return each
        names = [each.name for each in self.environments]
        hint = did_you_mean(name, names, "promptctl.yaml has") or "promptctl.yaml has none"
        raise UsageError(f"there is no environment {name!r}", hint=hint)
