"""Status: what serves where, what waits, what is held. Reads locks only, so that it answers at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promptctl.core.lock import Hold, Pin
from promptctl.core.names import ENVIRONMENTS
from promptctl.errors import PromptctlError, Unavailable
from promptctl.store import environments
from promptctl.store.environments import EnvironmentState
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Waiting:
    """A release that serves the environment before and not (yet) this one."""

    address: str
    version: str
    environment: str
    after: str
    serves: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything on the screen. `environments` are in the order of promotion; `stale` says why the remote
    was not asked, or is empty.
    """

    environments: tuple[EnvironmentState, ...]
    waiting: tuple[Waiting, ...]
    stale: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that serves anywhere, sorted."""
        return tuple(sorted({address for each in self.environments for address in each.lock.pins}))

    def pin(self, environment: str, address: str) -> Pin | None:
        """Return what serves under an address in an environment."""
        states = (each for each in self.environments if each.environment == environment)
        return next(states).lock.pins.get(address)

    @property
    def holds(self) -> tuple[tuple[str, Hold], ...]:
        """Every hold with its environment."""
        return tuple((each.environment, hold) for each in self.environments for hold in each.lock.holds)


def status(repository: Repository, *, offline: bool) -> Status:
    """Return the status. Where the remote cannot be reached, what was last fetched, and the reason."""
    stale = "offline" if offline else ""
    if not offline:
        try:
            repository.refs.fetch([HEAD, f"{ENVIRONMENTS}*"])
        except Unavailable as error:
            stale = error.message
    heads = {
        ref.removeprefix(ENVIRONMENTS): head
        for ref, head in repository.refs.read_below(ENVIRONMENTS).items()
        if "/" not in ref.removeprefix(ENVIRONMENTS)
    }
    after = _stages(repository, heads)
    names = [*after, *sorted(set(heads) - set(after))]
    states = tuple(environments.read(repository.objects, name, heads.get(name)) for name in names)
    return Status(states, tuple(_waiting(after, states)), stale)


def _stages(repository: Repository, heads: Mapping[str, str]) -> dict[str, str | None]:
    """Return each environment of the default branch's pipeline with the one before it, in order.

    Where an environment keeps the same file parsed, its JSON is enough: no YAML is read and no model loaded.
    Where the file cannot be read, what an environment keeps must do.
    """
    kept = [environments.read_order(repository.objects, head) for head in heads.values()]
    source = repository.objects.read(f"{repository.refs.where(HEAD)}:promptctl.yaml")
    for each in kept:
        if each is not None and source is not None and each.blob == source.oid:
            return dict(each.after)
    try:
        from promptctl.services.pipeline import read_policy

        return {each.name: each.after for each in read_policy(repository)[0].environments}
    except PromptctlError:
        return dict(next((each.after for each in kept if each is not None), {}))


def _waiting(after: Mapping[str, str | None], states: tuple[EnvironmentState, ...]) -> Iterator[Waiting]:
    locks = {each.environment: each.lock for each in states}
    for environment, earlier in after.items():
        before = locks[earlier].pins if earlier else {}
        here = locks[environment].pins
        for address, pin in sorted(before.items()):
            serves = here.get(address)
            if serves is None or serves.digest != pin.digest:
                version = serves.version if serves else None
                yield Waiting(address, pin.version, environment, str(earlier), version)
