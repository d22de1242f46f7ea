"""Status: what serves where, what waits, what is held. Reads locks only, so that it answers at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from promptctl.core.lock import Hold
from promptctl.core.names import ENVIRONMENTS, short_name
from promptctl.core.serving import Serving
from promptctl.errors import PromptctlError, RefusedError, Unavailable, UsageError
from promptctl.services.environments_read import heads
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
    that exist; `stale` says why the remote was not asked, or is empty; `damaged` why an environment
    cannot be read.
    """

    environments: tuple[Serving, ...]
    heads: Mapping[str, str]
    waiting: tuple[Waiting, ...]
    stale: str = ""
    damaged: Mapping[str, str] = field(default_factory=dict)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that serves anywhere, sorted."""
        return tuple(sorted(set().union(*(each.pins for each in self.environments))))

    @property
    def holds(self) -> tuple[tuple[str, Hold], ...]:
        """Every hold with its environment."""
        return tuple((each.environment, hold) for each in self.environments for hold in each.holds)


def status(repository: Repository, *, offline: bool, address: str = "") -> Status:
    """Return the status. Where the remote cannot be reached, what was last fetched, and the reason.

    Raise `UsageError` where `address` is given and serves nowhere.
    """
    stale = "offline" if offline else ""
    if not offline:
        try:
            repository.refs.fetch([HEAD, f"{ENVIRONMENTS}*"])
        except Unavailable as error:
            stale = error.message
    known = heads(repository.refs)
    after = _stages(repository, known)
    serving, damaged = [], {}
    for name in [*after, *sorted(set(known) - set(after))]:
        try:
            serving.append(environments.read_serving(repository.objects, name, known.get(name)))
        except RefusedError as error:
            damaged[name] = error.message
    found = Status(tuple(serving), known, tuple(_waiting(after, serving)), stale, damaged)
    if address and address not in found.addresses:
        serving_names = _some(found.addresses)
        raise UsageError(f"{address} serves nowhere", hint=f"promptctl list; serving: {serving_names}")
    return found


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


def _waiting(after: Mapping[str, str | None], serving: Sequence[Serving]) -> Iterator[Waiting]:
    """What a hold stops does not wait: the screen must not advise what a gate forbids."""
    known = {each.environment: each for each in serving}
    for environment, earlier in after.items():
        if environment not in known or earlier not in known:
            continue
        here = known[environment]
        held = {each.value for each in here.holds}
        for address, pin in sorted(known[earlier].pins.items()):
            serves = here.pins.get(address)
            if held & {pin.digest, address, environment}:
                continue
            if serves is None or serves.digest != pin.digest:
                version = serves.version if serves else None
                yield Waiting(address, pin.version, environment, str(earlier), version)


def _some(addresses: Sequence[str]) -> str:
    names = [short_name(each) for each in addresses[:5]]
    return ", ".join(names) + (", …" if len(addresses) > len(names) else "") if names else "nothing yet"
