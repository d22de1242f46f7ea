"""List: every artifact, its newest release and where it serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from promptctl.core.names import ENVIRONMENTS, KINDS, is_releasable
from promptctl.core.versions import Version
from promptctl.model.registry import Registry
from promptctl.services.resolve import environments_of
from promptctl.services.versions import newest_versions
from promptctl.services.workspace import Workspace
from promptctl.store.environments import EnvironmentState

TAGS = "refs/tags/prompts/"


@dataclass(frozen=True, slots=True)
class Listed:
    """One artifact. `path` is None where it still serves and its file is gone; `readable` is False where the
    file has findings. `serves` maps environments to versions.
    """

    address: str
    kind: str
    path: str | None
    description: str = ""
    readable: bool = True
    newest: Version | None = None
    serves: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """All artifacts, sorted by kind as people read them and by address. `environments` are in the order of
    promotion; without a git repository there are none. `damaged` says of others why they cannot be read.
    """

    environments: tuple[str, ...]
    artifacts: tuple[Listed, ...]
    damaged: Mapping[str, str] = field(default_factory=dict)


def listing(workspace: Workspace) -> Listing:
    """Return the listing of the work tree; without a git repository there are no versions in it."""
    registry = workspace.registry
    if workspace.has_repository:
        workspace.fetch([f"{ENVIRONMENTS}*", f"{TAGS}*"])
    known = environments_of(workspace)
    states = known.states
    newest = _newest(workspace)
    found = [*_in_files(registry, newest, states), *_gone(registry, newest, states)]
    order = list(KINDS.values())
    found.sort(key=lambda each: (order.index(each.kind), each.address))
    return Listing(tuple(states), tuple(found), known.damaged)


def _newest(workspace: Workspace) -> dict[str, Version]:
    """Return the highest version of every released address, as last fetched."""
    if not workspace.has_repository:
        return {}
    return newest_versions(workspace.repository, workspace.repository.refs.read_below(TAGS))


def serving(states: Mapping[str, EnvironmentState], address: str) -> dict[str, str]:
    """Return the version of an address in each environment where it serves."""
    return {
        name: state.lock.pins[address].version for name, state in states.items() if address in state.lock.pins
    }


def _in_files(
    registry: Registry, newest: Mapping[str, Version], states: Mapping[str, EnvironmentState]
) -> Iterator[Listed]:
    for address, path in registry.paths.items():
        artifact = registry.artifacts.get(address)
        yield Listed(
            address,
            KINDS[address.partition("/")[0]],
            path,
            getattr(artifact.value, "description", "") if artifact else "",
            readable=artifact is not None,
            newest=newest.get(address) if is_releasable(address) else None,
            serves=serving(states, address),
        )


def _gone(
    registry: Registry, newest: Mapping[str, Version], states: Mapping[str, EnvironmentState]
) -> Iterator[Listed]:
    pinned = {address for state in states.values() for address in state.lock.pins}
    for address in pinned - set(registry.paths):
        serves = serving(states, address)
        yield Listed(address, "prompt", None, newest=newest.get(address), serves=serves)
