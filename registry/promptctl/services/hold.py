"""Hold and unhold: stop the line for a digest, a name or a whole environment, and let it go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from promptctl.core.lock import Hold, HoldScope, Lock
from promptctl.core.names import Ref, environment_ref, tag_of, tags_of
from promptctl.core.versions import Version
from promptctl.errors import RefusedError, UsageError
from promptctl.model.promotion import Action, Promotion, legible
from promptctl.services import environment_change
from promptctl.services.environment_change import Actor, Applied, Plan
from promptctl.services.pipeline import read_policy
from promptctl.services.versions import known_versions
from promptctl.store import releases
from promptctl.store.environments import EnvironmentState
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Request:
    """What is held where: an address and version is a digest, an address a name, neither the environment."""

    environment: str
    address: str = ""
    version: Version | None = None
    reason: str = ""
    dry_run: bool = False


def request(name: str, environment: str, reason: str, *, dry_run: bool) -> Request:
    """Return what NAME or NAME@VERSION means, or an empty name: everything. Raise `UsageError`."""
    ref = Ref.parse(name) if name else Ref("")
    if ref.environment or ref.revision:
        raise UsageError("a hold is on a name or on a version", hint="NAME, or NAME@1.2.0")
    return Request(environment, ref.address, ref.version, legible(reason), dry_run)


def hold(repository: Repository, request: Request, actor: Actor) -> Applied:
    """Put a hold; one that is there already is done already.

    Raise `UsageError` for an environment or release that does not exist.
    """

    def held(lock: Lock, scope: HoldScope, value: str) -> Lock:
        if _is_held(lock, scope, value):
            return lock
        return lock.held(Hold(scope, value, request.reason, actor.identity, actor.at))

    return _change(repository, request, actor, "hold", held)


def unhold(repository: Repository, request: Request, actor: Actor) -> Applied:
    """Take a hold away; where there is none, it is done already.

    Raise `RefusedError` where a name is let go of which only versions are held.
    """

    def released(lock: Lock, scope: HoldScope, value: str) -> Lock:
        if _is_held(lock, scope, value):
            return lock.released(scope, value)
        _refuse_other_scope(lock, scope, value)
        return lock

    return _change(repository, request, actor, "unhold", released)


def _change(
    repository: Repository,
    request: Request,
    actor: Actor,
    action: Action,
    change: Callable[[Lock, HoldScope, str], Lock],
) -> Applied:
    def plan() -> Plan:
        tags = [tags_of(request.address)] if request.address else []
        repository.refs.fetch([environment_ref(request.environment), *tags])
        state = environment_change.read_state(repository, request.environment)
        _refuse_unknown(repository, request, state)
        scope, value = _scope(repository, request, state.lock)
        promotion = Promotion(action, actor.identity, actor.at, request.reason)
        return Plan(state, change(state.lock, scope, value), promotion)

    return environment_change.apply(repository, actor, plan, dry_run=request.dry_run)


def _refuse_unknown(repository: Repository, request: Request, state: EnvironmentState) -> None:
    """A hold on a name that was mistyped would stop nothing."""
    if state.head is None:
        repository.refs.fetch([HEAD])
        read_policy(repository)[0].environment(request.environment)
    address = request.address
    if address and address not in state.lock.pins and not known_versions(repository, address):
        raise UsageError(f"{address} was never released", hint="promptctl list")


def _is_held(lock: Lock, scope: HoldScope, value: str) -> bool:
    return any((each.scope, each.value) == (scope, value) for each in lock.holds)


def _refuse_other_scope(lock: Lock, scope: HoldScope, value: str) -> None:
    held = {each.value for each in lock.holds if each.scope == "digest"}
    for each in lock.pins_of(value) if scope == "name" else ():
        if each.digest in held:
            raise RefusedError(
                f"{value} is not held in {lock.environment} by its name, its version {each.version} is",
                hint=f"promptctl unhold {value}@{each.version} --env {lock.environment} --reason …",
            )


def _scope(repository: Repository, request: Request, lock: Lock) -> tuple[HoldScope, str]:
    if not request.address:
        return "environment", request.environment
    if request.version is None:
        return "name", request.address
    return "digest", _digest(repository, request.address, request.version, lock)


def _digest(repository: Repository, address: str, version: Version, lock: Lock) -> str:
    """By the lock where it knows the version, so that a hold needs no tag."""
    for each in lock.pins_of(address):
        if each.version == str(version):
            return each.digest
    tag = repository.refs.read(tag_of(address, version))
    if tag is None:
        raise UsageError(f"there is no release {address} {version}", hint=f"promptctl show {address}")
    return releases.read(repository.objects, tag_of(address, version), tag).digest
