"""Roll back: a forward commit that restores an earlier pin. Needs the environment's branch alone."""

from __future__ import annotations

from dataclasses import dataclass

from promptctl.core import bundle as bundles
from promptctl.core.lock import Pin
from promptctl.core.names import environment_ref
from promptctl.core.versions import Version
from promptctl.core.written import short
from promptctl.errors import IntegrityError, RefusedError
from promptctl.model.promotion import Move, Promotion
from promptctl.services import environment_change
from promptctl.services.environment_change import Actor, Applied, Plan
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Request:
    """Which address goes back where; without a version to the newest earlier one that is not held."""

    address: str
    environment: str
    version: Version | None = None
    reason: str = ""
    dry_run: bool = False


def rollback(repository: Repository, request: Request, actor: Actor) -> Applied:
    """Make the plan true with one push. The digest that is taken out is held until `unhold`."""
    return environment_change.apply(
        repository, actor, lambda: plan(repository, request, actor), dry_run=request.dry_run
    )


def plan(repository: Repository, request: Request, actor: Actor) -> Plan:
    """Fetch the environment's branch, then return what a rollback would write."""
    repository.refs.fetch([environment_ref(request.environment)])
    state = environment_change.read_state(repository, request.environment)
    if state.head is None:
        raise RefusedError(
            f"nothing serves in {request.environment} yet: nothing to roll back", hint="promptctl status"
        )
    pin = state.lock.pins.get(request.address)
    version = str(request.version) if request.version else None
    if pin is not None and pin.version == version:
        return Plan(state, state.lock, _promotion(request, actor, pin, pin))
    target = state.lock.rollback_target(request.address, version)
    _check_integrity(repository, request.address, target)
    lock = state.lock.rolled_back(
        request.address, target, since=actor.at, by=actor.identity, reason=request.reason
    )
    return Plan(state, lock, _promotion(request, actor, state.lock.pins[request.address], target))


def _promotion(request: Request, actor: Actor, outgoing: Pin, target: Pin) -> Promotion:
    move = Move(request.address, outgoing.version, target.version)
    return Promotion("rollback", actor.identity, actor.at, request.reason, (move,))


def _check_integrity(repository: Repository, address: str, target: Pin) -> None:
    content = repository.objects.blob(f"{target.tree}:bundle.json")
    if content is None:  # a shallow clone has no history of the branch; the tag has the tree too
        repository.refs.fetch([target.tag])
        content = repository.objects.blob(f"{target.tree}:bundle.json")
    if content is None or bundles.digest_of(content) != target.digest:
        raise IntegrityError(
            f"the tree of {address} {target.version} is not what the lock says ({short(target.digest)}…)",
            hint="promptctl verify names what is wrong; choose another version with --to",
        )
