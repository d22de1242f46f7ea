"""Roll back: a forward commit that restores earlier pins. Needs the environment's branch alone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from promptctl.core.lock import Lock, Pin
from promptctl.core.names import ENVIRONMENTS, environment_ref
from promptctl.core.suggest import did_you_mean
from promptctl.core.versions import Version
from promptctl.errors import PromptctlError, RefusedError, UsageError
from promptctl.model.promotion import Move, Promotion
from promptctl.services import environment_change
from promptctl.services.environment_change import Actor, Applied, Plan
from promptctl.services.environments_read import heads
from promptctl.services.history import changes_of
from promptctl.services.versions import read_release
from promptctl.store import branches, environments, releases
from promptctl.store.environments import EnvironmentState
from promptctl.store.repository import Repository

SHORTEST_ID = 7


@dataclass(frozen=True, slots=True)
class Request:
    """Which address goes back where; without a version to the newest earlier one that is not held."""

    address: str
    environment: str
    version: Version | None = None
    reason: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class WholeRequest:
    """A whole environment goes back to what it was at `to`: a commit of its branch (seven digits of it will
    do), or a number as `history` shows it.
    """

    environment: str
    to: str
    reason: str = ""
    dry_run: bool = False


def rollback(repository: Repository, request: Request | WholeRequest, actor: Actor) -> Applied:
    """Make the plan true with one push. Every digest that is taken out is held until `unhold`."""
    return environment_change.apply(
        repository, actor, lambda: plan(repository, request, actor), dry_run=request.dry_run
    )


def plan(repository: Repository, request: Request | WholeRequest, actor: Actor) -> Plan:
    """Fetch the environment's branch, then return what a rollback would write."""
    repository.refs.fetch([environment_ref(request.environment)])
    state = environment_change.read_state(repository, request.environment)
    if state.head is None:
        raise RefusedError(
            f"nothing serves in {request.environment} yet: nothing to roll back",
            hint=_meant(repository, request.environment) or "promptctl status",
        )
    if isinstance(request, Request):
        lock = _one(repository, request, state, actor)
    else:
        lock = _all(repository, request, state, actor)
    moves = tuple(moves_between(state.lock, lock))
    if not moves:
        lock = state.lock
    for move in moves:
        if move.after is not None:
            _check_integrity(repository, request.environment, move.address, lock.pins[move.address])
    return Plan(state, lock, Promotion("rollback", actor.identity, actor.at, request.reason, moves))


def _meant(repository: Repository, environment: str) -> str:
    """Return the hint for an environment that is not there: the one that is most like it."""
    with suppress(PromptctlError):
        repository.refs.fetch([f"{ENVIRONMENTS}*"])
    return did_you_mean(environment, heads(repository.refs), "there are")


def _one(repository: Repository, request: Request, state: EnvironmentState, actor: Actor) -> Lock:
    lock = state.lock
    version = str(request.version) if request.version else None
    pin = lock.pins.get(request.address)
    if pin is not None and pin.version == version:
        return lock
    digest = _digest(repository, request.address, request.version)
    target = lock.rollback_target(request.address, version, digest=digest)
    return lock.rolled_back(request.address, target, since=actor.at, by=actor.identity, reason=request.reason)


def _digest(repository: Repository, address: str, version: Version | None) -> str:
    """Return the digest of a version, as last fetched, for the words of a refusal; empty where not known."""
    if version is not None:
        with suppress(PromptctlError):
            return read_release(repository, address, version).digest
    return ""


def _all(repository: Repository, request: WholeRequest, state: EnvironmentState, actor: Actor) -> Lock:
    earlier = environments.read(repository.objects, request.environment, _commit(repository, request, state))
    return state.lock.restored(earlier.lock, since=actor.at, by=actor.identity, reason=request.reason)


def moves_between(before: Lock, after: Lock) -> list[Move]:
    """Return what serves another version than before, or no longer: sorted by address."""
    moves = []
    for address in sorted({*before.pins, *after.pins}):
        old, new = (lock.pins.get(address) for lock in (before, after))
        was, now = ((pin.version, pin.digest) if pin else None for pin in (old, new))
        if was != now:
            moves.append(Move(address, old.version if old else None, new.version if new else None))
    return moves


def _commit(repository: Repository, request: WholeRequest, state: EnvironmentState) -> str:
    """Return the commit of the environment's branch that is meant."""
    branches.deepen(repository, environment_ref(request.environment))
    wanted = request.to.lower()
    found = [
        each.commit
        for each in changes_of(repository, request.environment, str(state.head))
        if wanted == str(each.sequence) or (len(wanted) >= SHORTEST_ID and each.commit.startswith(wanted))
    ]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{request.to} {'may be several commits' if found else 'is no commit'} of env/{request.environment}",
        hint=f"promptctl history --env {request.environment} shows its numbers and commits",
    )


def _check_integrity(repository: Repository, environment: str, address: str, pin: Pin) -> None:
    """Raise `IntegrityError` where the tree of a pin does not hold the bundle that the pin names."""
    if repository.objects.blob(f"{pin.tree}:{releases.BUNDLE}") is None:
        # A shallow clone lacks what served before. The tag has it too, if it is there and was not moved.
        with suppress(PromptctlError):
            repository.refs.fetch([pin.tag])
    if repository.objects.blob(f"{pin.tree}:{releases.BUNDLE}") is None:
        branches.deepen(repository, environment_ref(environment))
    releases.read_pinned(repository.objects, address, pin)
