"""The pipeline: what `promptctl.yaml` says about environments, gates and providers.

A gate that this version does not have is an unknown key, hence a finding: nothing that a team relies on is
ignored in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from promptctl.core.kinds.marks import FORBID_UNKNOWN_KEYS
from promptctl.errors import UsageError


@dataclass(frozen=True)
class EvalsGate:
    """The evals gate of an environment. `margin` is a share: 0.05 allows a drop of five points."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    margin: float = 0.05
    provider: str | None = None
    replay: Literal["refused", "allowed"] = "refused"


@dataclass(frozen=True)
class Gates:
    """The gates that the file can set; `after` and `hold` always hold."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    evals: EvalsGate | None = None


@dataclass(frozen=True)
class Environment:
    """One environment; `after` names the one that a release must have served in before."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    name: str
    after: str | None = None
    gates: Gates = field(default_factory=Gates)


@dataclass(frozen=True)
class Rate:
    """How often a provider may be called."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    requests_per_minute: int | None = None


@dataclass(frozen=True)
class ProviderSettings:
    """A model host that speaks the OpenAI-compatible API; the key is read from `api_key_env`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    base_url: str
    api_key_env: str | None = None
    rate: Rate = field(default_factory=Rate)


@dataclass(frozen=True)
class ReleaseSettings:
    """Branches, besides the default one, whose commits may be released (glob patterns)."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    branches: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pipeline:
    """The whole file. Environments stand in the order of promotion."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    environments: tuple[Environment, ...] = ()
    providers: dict[str, ProviderSettings] = field(default_factory=dict)
    release: ReleaseSettings = field(default_factory=ReleaseSettings)

    def environment(self, name: str) -> Environment:
        """Return the environment; raise `UsageError` where there is none of that name."""
        for each in self.environments:
            if each.name == name:
                return each
        known = ", ".join(each.name for each in self.environments) or "none"
        raise UsageError(f"there is no environment {name!r}", hint=f"promptctl.yaml has: {known}")
