"""History: who moved what, when and why, read from the records that every change leaves.

Named tuples, which are made in a tenth of the time of a dataclass: a short command feels it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from promptctl.core.environment import LOCK_SIGNATURE
from promptctl.core.names import ENVIRONMENTS, environment_ref, tags_of
from promptctl.core.written import short, timestamp
from promptctl.errors import IntegrityError, RefusedError, Unavailable, UsageError
from promptctl.model import promotion as promotions
from promptctl.model.promotion import Promotion
from promptctl.services.environments_read import heads
from promptctl.services.versions import known_tags
from promptctl.store import environments, releases
from promptctl.store.repository import Repository

if TYPE_CHECKING:  # a lock is read where a record is not enough
    from promptctl.core.lock import Hold, Lock
    from promptctl.core.serving import Served

_SEQUENCE = re.compile(rb'\n  "sequence": ([1-9][0-9]*)\n\}\n\Z')


class Held(NamedTuple):
    """A hold that was put or taken away; for a digest the release that people know it by, if any."""

    hold: Hold
    address: str = ""
    version: str = ""


class Change(NamedTuple):
    """One commit of an environment. `damage` says why its record cannot be read, else it is empty. `held` is
    what a hold held, or an unhold let go. `signed` says that a signature is there, not that it proves
    anything: that is for `verify`.
    """

    environment: str
    sequence: int
    commit: str
    promotion: Promotion | None
    damage: str = ""
    held: tuple[Held, ...] = ()
    signed: bool = False


class History(NamedTuple):
    """Releases (of one address), newest version first, and changes, newest first. `damaged` says of
    environments why some of their changes cannot be read, so that nobody knows whose they were.
    """

    releases: tuple[releases.Tag, ...]
    changes: tuple[Change, ...]
    stale: str = ""
    damaged: Mapping[str, str] = {}  # a default, never written to


class Then(NamedTuple):
    """What served in an environment at some time: the change that made it so, and the pins by address."""

    change: Change
    pins: Mapping[str, Served]


class AtTime(NamedTuple):
    """What served then, by environment, where anything did."""

    served: tuple[Then, ...]
    stale: str = ""
    damaged: Mapping[str, str] = {}  # a default, never written to


def of_address(repository: Repository, address: str, *, offline: bool = False) -> History:
    """Return the releases of an address and every change of any environment that touched it."""
    stale = _fetch(repository, [f"{ENVIRONMENTS}*", tags_of(address)], offline=offline)
    tags = tuple(known_tags(repository, address))
    found, unread = _read_all(repository, heads(repository.refs))
    digests = {each.release.digest: str(each.release.version) for each in tags}
    named = [_with_version(each, address, digests) for each in found]
    changes = [each for each in named if _touches(each, address)]
    if not tags and not changes:
        raise UsageError(f"{address} was never released", hint="promptctl list")
    changes.sort(key=lambda each: (each.promotion.at if each.promotion else "", each.sequence), reverse=True)
    return History(tags, tuple(changes), stale, unread)


def of_environment(repository: Repository, environment: str, *, offline: bool = False) -> History:
    """Return every change of an environment."""
    stale, head = _fetch_one(repository, environment, offline=offline)
    return History((), _read_all(repository, {environment: head})[0], stale)


def at_time(
    repository: Repository, at: datetime, *, environment: str = "", address: str = "", offline: bool = False
) -> AtTime:
    """Return what served at a time in one environment, or under one address in all of them.

    The order of commits decides, never their times: it is the newest change that was not made after `at`.
    """
    if environment:
        stale, head = _fetch_one(repository, environment, offline=offline)
        known = {environment: head}
    else:
        stale = _fetch(repository, [f"{ENVIRONMENTS}*"], offline=offline)
        known = heads(repository.refs)
    found, unread = _read_all(repository, known)
    served = []
    for name in known:
        change = newest_until(at, (each for each in found if each.environment == name))
        if change is not None:
            pins = environments.read_serving(repository.objects, name, change.commit).pins
            served.append(Then(change, {key: pins[key] for key in pins if address in {"", key}}))
    return AtTime(tuple(served), stale, unread)


def newest_until(at: datetime, changes: Iterable[Change]) -> Change | None:
    """Return the first of these changes, newest first, that was not made after a time."""
    latest = timestamp(at)
    return next((each for each in changes if each.promotion and each.promotion.at <= latest), None)


def changes_of(repository: Repository, environment: str, head: str) -> tuple[Change, ...]:
    """Return every change of an environment whose branch is at `head`, newest first."""
    return _read_all(repository, {environment: head})[0]


def commits_of(repository: Repository, head: str) -> list[str]:
    """Return the commits of an environment, newest first; raise `RefusedError` where `head` is none."""
    (commits,) = _chains(repository, [head])
    if not commits:
        raise IntegrityError(f"the branch is at {short(head)}, which is no commit", hint="promptctl verify")
    return commits


def locks_around(repository: Repository, environment: str, commit: str) -> tuple[Lock, Lock]:
    """Return the locks before and after a commit of an environment; raise as `environments.read` does."""
    parent = repository.objects.read(f"{commit}^")
    after, before = (
        environments.read(repository.objects, environment, each).lock
        for each in (commit, parent.oid if parent else None)
    )
    return before, after


def _fetch(repository: Repository, refs: list[str], *, offline: bool) -> str:
    """Return why the remote was not asked, if it was not."""
    if offline:
        repository.refs.recall(refs)
        return "offline"
    try:
        repository.refs.fetch(refs)
    except Unavailable as error:
        return error.message
    return ""


def _fetch_one(repository: Repository, environment: str, *, offline: bool) -> tuple[str, str]:
    stale = _fetch(repository, [environment_ref(environment)], offline=offline)
    head = repository.refs.read(environment_ref(environment))
    if head is None:
        raise UsageError(f"nothing was ever promoted to {environment}", hint="promptctl status")
    return stale, head


def _read_all(
    repository: Repository, heads: Mapping[str, str]
) -> tuple[tuple[Change, ...], Mapping[str, str]]:
    """Return the changes of environments, newest first in each, and why some cannot be read."""
    found: list[Change] = []
    for (name, head), commits in zip(heads.items(), _chains(repository, list(heads.values())), strict=True):
        if commits:
            found += _changes(repository, name, commits)
        else:
            found.append(Change(name, 0, head, None, f"env/{name} is at {short(head)}, which is no commit"))
    return tuple(found), damaged(found)


def damaged(changes: Sequence[Change]) -> dict[str, str]:
    """Return of each environment why its newest change that cannot be read cannot."""
    return {each.environment: each.damage for each in reversed(changes) if each.damage}


def _chains(repository: Repository, heads: Sequence[str]) -> list[list[str]]:
    """Return for each head its commits, newest first, with one process; none for what is no commit."""
    stored = repository.objects.read_many([f"{head}^{{commit}}" for head in heads])
    known = [head for head, each in zip(heads, stored, strict=True) if each and each.type == "commit"]
    if not known:
        return [[] for _ in heads]
    listed = repository.git.run("rev-list", "--first-parent", "--parents", "--end-of-options", *set(known))
    parents = {words[0]: words[1:2] for words in map(str.split, listed.decode().splitlines())}
    return [list(_chain(head, parents)) if head in parents else [] for head in heads]


def _chain(head: str, parents: Mapping[str, Sequence[str]]) -> Iterator[str]:
    here = [head]
    while here:
        yield here[0]
        here = list(parents.get(here[0], ()))


def _changes(repository: Repository, environment: str, commits: Sequence[str]) -> Iterator[Change]:
    """Read the records alone: a lock is read where nothing else tells its number, or what it holds."""
    stored = repository.objects.read_many([f"{each}:promotion.json" for each in commits])
    signatures = repository.objects.read_many([f"{each}:{LOCK_SIGNATURE}" for each in commits], limit_bytes=0)
    number = 0
    for commit, record, signature in zip(commits, stored, signatures, strict=True):
        try:
            if not number:
                content = environments.lock_bytes(repository.objects, environment, commit)
                number = _number(content, environment)
            if record is None or record.type != "blob" or not record.data:
                raise IntegrityError(f"{short(commit)} has no promotion.json")
            promotion = promotions.parse(record.data)
            held = tuple(_held(repository, environment, commit, promotion))
            yield Change(environment, number, commit, promotion, held=held, signed=signature is not None)
            number = number - 1 if promotion.action != "repair" else 0
        except RefusedError as error:
            yield Change(environment, 0, commit, None, error.message)
            number = 0


def _number(content: bytes, environment: str) -> int:
    """Return the sequence of a lock: from its last line, where it looks like promptctl's own."""
    last = _SEQUENCE.search(content)
    if last is not None and content.startswith(b'{\n  "environment": "%s",\n' % environment.encode()):
        return int(last[1])
    from promptctl.core import lock as locks

    return locks.parse(content, environment=environment).sequence


def _held(repository: Repository, environment: str, commit: str, promotion: Promotion) -> Iterator[Held]:
    if promotion.action not in {"hold", "unhold"}:
        return
    before, after = locks_around(repository, environment, commit)
    more, fewer = (after, before) if promotion.action == "hold" else (before, after)
    for hold in more.holds:
        if hold not in fewer.holds:
            yield _named(hold, after)


def _named(hold: Hold, lock: Lock) -> Held:
    if hold.scope == "name":
        return Held(hold, hold.value)
    return Held(hold, *(lock.release_of(hold.value) or ()))


def _with_version(change: Change, address: str, digests: Mapping[str, str]) -> Change:
    """Name a digest that the lock does not know by the release that has it."""
    if not any(each.hold.value in digests and not each.address for each in change.held):
        return change
    held = (
        Held(each.hold, address, digests[each.hold.value]) if each.hold.value in digests else each
        for each in change.held
    )
    return change._replace(held=tuple(held))


def _touches(change: Change, address: str) -> bool:
    moved = {each.address for each in change.promotion.changes} if change.promotion else set()
    return address in moved.union(each.address for each in change.held)
