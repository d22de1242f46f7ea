"""Hold and unhold: stop the line for a digest, a name or a whole environment, and let it go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from promptctl.core.lock import Hold, HoldScope, Lock
from promptctl.core.names import environment_ref, tag_of
from promptctl.core.versions import Version
from promptctl.errors import UsageError
from promptctl.model.promotion import Action, Promotion
from promptctl.services import environment_change
from promptctl.services.environment_change import Actor, Applied, Plan
from promptctl.store import releases
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Request:
    """What is held where: an address and version is a digest, an address a name, neither the environment."""

    environment: str
    address: str = ""
    version: Version | None = None
    reason: str = ""


def hold(repository: Repository, request: Request, actor: Actor) -> Applied:
    """Put a hold; refuse where it is held already."""

    def held(lock: Lock, scope: HoldScope, value: str) -> Lock:
        return lock.held(Hold(scope, value, request.reason, actor.identity, actor.at))

    return _change(repository, request, actor, "hold", held)


def unhold(repository: Repository, request: Request, actor: Actor) -> Applied:
    """Take a hold away; refuse where there is none."""
    return _change(repository, request, actor, "unhold", Lock.released)


def _change(
    repository: Repository,
    request: Request,
    actor: Actor,
    action: Action,
    change: Callable[[Lock, HoldScope, str], Lock],
) -> Applied:
    def plan() -> Plan:
        tags = [tag_of(request.address, request.version)] if request.version else []
        repository.refs.fetch([environment_ref(request.environment), *tags])
        state = environment_change.read_state(repository, request.environment)
        scope, value = _scope(repository, request, state.lock)
        promotion = Promotion(action, actor.identity, actor.at, request.reason)
        return Plan(state, change(state.lock, scope, value), promotion)

    return environment_change.apply(repository, actor, plan)


def _scope(repository: Repository, request: Request, lock: Lock) -> tuple[HoldScope, str]:
    if not request.address:
        return "environment", request.environment
    if request.version is None:
        return "name", request.address
    return "digest", _digest(repository, request.address, request.version, lock)


def _digest(repository: Repository, address: str, version: Version, lock: Lock) -> str:
    """By the lock where it knows the version, so that a hold needs no tag."""
    pin = lock.pins.get(address)
    for each in (pin, *pin.previous) if pin else ():
        if each.version == str(version):
            return each.digest
    tag = repository.refs.read(tag_of(address, version))
    if tag is None:
        raise UsageError(f"there is no release {address} {version}", hint=f"promptctl show {address}")
    return releases.read(repository.objects, tag_of(address, version), tag).digest
