"""Status: what serves where, what waits, what is held. Reads locks only, so that it answers at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promptctl.core.lock import Hold
from promptctl.core.names import ENVIRONMENTS
from promptctl.core.serving import Serving
from promptctl.errors import PromptctlError, Unavailable
from promptctl.store import environments
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
    """Everything on the screen. `environments` are in the order of promotion, `heads` the commits of those
    that exist; `stale` says why the remote was not asked, or is empty.
    """

    environments: tuple[Serving, ...]
    heads: Mapping[str, str]
    waiting: tuple[Waiting, ...]
    stale: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that serves anywhere, sorted."""
        return tuple(sorted(set().union(*(each.pins for each in self.environments))))

    @property
    def holds(self) -> tuple[tuple[str, Hold], ...]:
        """Every hold with its environment."""
        return tuple((each.environment, hold) for each in self.environments for hold in each.holds)


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
    serving = tuple(environments.read_serving(repository.objects, name, heads.get(name)) for name in names)
    return Status(serving, heads, tuple(_waiting(after, serving)), stale)


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


def _waiting(after: Mapping[str, str | None], serving: tuple[Serving, ...]) -> Iterator[Waiting]:
    pins = {each.environment: each.pins for each in serving}
    for environment, earlier in after.items():
        before = pins[earlier] if earlier else {}
        here = pins[environment]
        for address, pin in sorted(before.items()):
            serves = here.get(address)
            if serves is None or serves.digest != pin.digest:
                version = serves.version if serves else None
                yield Waiting(address, pin.version, environment, str(earlier), version)
