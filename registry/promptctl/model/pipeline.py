"""The pipeline: what `promptctl.yaml` says about environments, gates and providers.

A gate that this version does not have is an unknown key, hence a finding: nothing that a team relies on is
ignored in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from promptctl.core.kinds.marks import FORBID_UNKNOWN_KEYS, bounds
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


@dataclass(frozen=True)
class Gates:
    """The gates that the file can set; `after` and `hold` always hold."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    evals: EvalsGate | None = None
    """Compares with what serves there now, by the suites of the prompt."""


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
class Pipeline:
    """The whole file. Environments stand in the order of promotion."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    environments: tuple[Environment, ...] = ()
    """The environments, in the order of promotion."""
    providers: dict[str, ProviderSettings] = field(default_factory=dict)
    """Model hosts that speak the OpenAI-compatible API, by name."""
    release: ReleaseSettings = field(default_factory=ReleaseSettings)
    """What may be released."""

    def environment(self, name: str) -> Environment:
        """Return the environment; raise `UsageError` where there is none of that name."""
        for each in self.environments:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.environments) or "none"
        raise UsageError(f"there is no environment {name!r}", hint=f"promptctl.yaml has: {known}")
