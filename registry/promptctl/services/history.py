"""History: who moved what, when and why, read from the records that every change leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from promptctl.core.names import ENVIRONMENTS, environment_ref, tags_of
from promptctl.core.written import short
from promptctl.errors import IntegrityError, RefusedError, Unavailable, UsageError
from promptctl.model.promotion import Promotion
from promptctl.services.environments_read import heads
from promptctl.services.versions import known_versions, read_tag
from promptctl.store import environments, releases
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Change:
    """One commit of an environment. `damage` says why its record cannot be read, else it is empty."""

    environment: str
    sequence: int
    commit: str
    promotion: Promotion | None
    damage: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Releases (of one address), newest version first, and changes, newest first. `damaged` says of
    environments why some of their changes cannot be read, so that nobody knows whose they were.
    """

    releases: tuple[releases.Tag, ...]
    changes: tuple[Change, ...]
    stale: str = ""
    damaged: Mapping[str, str] = field(default_factory=dict)


def of_address(repository: Repository, address: str) -> History:
    """Return the releases of an address and every change of any environment that touched it."""
    stale = _fetch(repository, [f"{ENVIRONMENTS}*", tags_of(address)])
    known = known_versions(repository, address)
    tags = tuple(read_tag(repository, address, each, known) for each in sorted(known, reverse=True))
    found = [
        each for name, head in heads(repository.refs).items() for each in _changes(repository, name, head)
    ]
    changes = [each for each in found if _touches(each, address)]
    damaged = {each.environment: each.damage for each in reversed(found) if each.damage}
    if not tags and not changes:
        raise UsageError(f"{address} was never released", hint="promptctl list")
    changes.sort(key=lambda each: (each.promotion.at if each.promotion else "", each.sequence), reverse=True)
    return History(tags, tuple(changes), stale, damaged)


def of_environment(repository: Repository, environment: str) -> History:
    """Return every change of an environment."""
    stale = _fetch(repository, [environment_ref(environment)])
    head = repository.refs.read(environment_ref(environment))
    if head is None:
        raise UsageError(f"nothing was ever promoted to {environment}", hint="promptctl status")
    return History((), tuple(_changes(repository, environment, head)), stale)


def _fetch(repository: Repository, refs: list[str]) -> str:
    try:
        repository.refs.fetch(refs)
    except Unavailable as error:
        return error.message
    return ""


def _changes(repository: Repository, environment: str, head: str) -> Iterator[Change]:
    try:
        commits = commits_of(repository, head)
    except RefusedError as error:
        yield Change(environment, 0, head, None, error.message)
        return
    for commit in commits:
        try:
            lock = environments.read(repository.objects, environment, commit).lock
            promotion = environments.read_promotion(repository.objects, commit)
            yield Change(environment, lock.sequence, commit, promotion)
        except RefusedError as error:
            yield Change(environment, 0, commit, None, error.message)


def commits_of(repository: Repository, head: str) -> list[str]:
    """Return the commits of an environment, newest first; raise `RefusedError` where `head` is none."""
    found = repository.git.run("rev-list", "--first-parent", "--end-of-options", head).decode().split()
    if not found:
        raise IntegrityError(f"the branch is at {short(head)}, which is no commit", hint="promptctl verify")
    return found


def _touches(change: Change, address: str) -> bool:
    return change.promotion is not None and any(each.address == address for each in change.promotion.changes)
