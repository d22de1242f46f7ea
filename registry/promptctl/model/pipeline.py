"""The pipeline: what `promptctl.yaml` says about environments, gates and providers.

A gate that this version does not have is an unknown key, hence a finding: nothing that a team relies on is
ignored in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from promptctl.core.kinds.marks import FORBID_UNKNOWN_KEYS, bounds
from promptctl.core.names import environment_ref
from promptctl.errors import UsageError
from promptctl.model.document import Document, Path
from promptctl.model.findings import Finding

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


def problems(pipeline: Pipeline, document: Document) -> Iterator[Finding]:
    """Yield what is wrong between the values of the file, each of which has the right type."""
    earlier: list[str] = []
    for index, each in enumerate(pipeline.environments):
        for key, code, message, hint in _problems_of(each, earlier, pipeline.providers):
            yield _finding(document, ("environments", index, *key), code, message, hint)
        earlier.append(each.name)
    for name, provider in pipeline.providers.items():
        path: Path = ("providers", name)
        if name in BUILT_IN_PROVIDERS:
            yield _finding(
                document, path, "PC073", f"the provider {name!r} is built in", "choose another name"
            )
        if not provider.base_url.startswith(("https://", "http://")):
            message = "`base_url` must begin with https:// or http://"
            yield _finding(document, (*path, "base_url"), "PC073", message, "")


def _problems_of(
    environment: Environment, earlier: list[str], providers: dict[str, ProviderSettings]
) -> Iterator[tuple[Path, str, str, str]]:
    """Yield (path in the environment, code, message, hint)."""
    name, after, evals = environment.name, environment.after, environment.gates.evals
    try:
        environment_ref(name)
    except UsageError as error:
        yield ("name",), "PC070", error.message, error.hint
    if name in earlier:
        yield ("name",), "PC071", f"there are two environments {name!r}", "rename one"
    if after is not None and after not in earlier:
        before = f"before it: {', '.join(earlier)}" if earlier else "it is the first one: remove `after`"
        yield (
            ("after",),
            "PC072",
            f"`after` must name an environment that stands before, found {after!r}",
            before,
        )
    if evals is None:
        return
    if not 0 < evals.margin < 1:
        hint = "0.05 allows a drop of five points"
        yield (
            ("gates", "evals", "margin"),
            "PC074",
            f"`margin` must lie between 0 and 1, found {evals.margin:g}",
            hint,
        )
    known = dict.fromkeys((*BUILT_IN_PROVIDERS, *providers))
    if evals.provider is not None and evals.provider not in known:
        message = f"there is no provider {evals.provider!r}"
        yield ("gates", "evals", "provider"), "PC073", message, f"known: {', '.join(known)}"


def _finding(document: Document, path: Path, code: str, message: str, hint: str) -> Finding:
    place = document.place(path)
    return Finding(document.path, place.line, place.column, code, message, hint)
