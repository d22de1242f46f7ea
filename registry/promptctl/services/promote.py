"""Promote: let releases serve in an environment, through its gates, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from promptctl.core.lock import Pin
from promptctl.core.names import (
    ENVIRONMENTS,
    EVIDENCE_BRANCH,
    is_releasable,
    name_problem,
    short_name,
    tag_of,
    tags_of,
)
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, PromptctlError, RefusedError, UsageError
from promptctl.gates.result import GateResult
from promptctl.model.promotion import Move, Promotion
from promptctl.model.release import Release
from promptctl.services import environment_change
from promptctl.services.environment_change import Actor, Applied, Plan
from promptctl.services.gating.gates import ask
from promptctl.services.gating.question import Setting
from promptctl.services.gating.waivers import record_of, recorded, waive
from promptctl.services.pipeline import default_head, read_policy
from promptctl.services.versions import known_versions, read_release
from promptctl.store import releases
from promptctl.store.environments import EnvironmentState
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository
from promptctl.store.signers import read_signers


@dataclass(frozen=True, slots=True)
class Request:
    """Which releases go where. A version of None means the default: what serves the environment before, or
    the newest release where there is none before. With `all` every address whose digest differs. `waive`
    names gates that need not pass, for the `reason`.
    """

    environment: str
    names: tuple[tuple[str, Version | None], ...] = ()
    all: bool = False
    reason: str = ""
    waive: tuple[str, ...] = ()
    dry_run: bool = False


def promote(repository: Repository, request: Request, actor: Actor) -> Applied:
    """Make the plan true with one push; a plan that a gate blocks is returned and changes nothing.

    Raise `RefusedError` where the default branch names promoters and the actor does not sign as one.
    """

    def planned() -> Plan:
        made = plan(repository, request, actor)
        if not (request.dry_run or made.is_done):  # also where gates stop it: nobody waits for a refusal
            _refuse_stranger(repository, made, actor)
        return made

    return environment_change.apply(repository, actor, planned, dry_run=request.dry_run)


def plan(repository: Repository, request: Request, actor: Actor) -> Plan:
    """Fetch, then return what a promotion would write and what every gate says to it."""
    named = [address for address, _ in request.names]
    repository.refs.fetch([HEAD, f"{ENVIRONMENTS}*", EVIDENCE_BRANCH, *(tags_of(each) for each in named)])
    pipeline, policy = read_policy(repository)
    target = pipeline.environment(request.environment)
    state = environment_change.read_state(repository, target.name)
    before = environment_change.read_state(repository, target.after) if target.after else None
    chosen, problems = _choose(repository, request, state, before)
    moving = [each for each in chosen if not _serves(state, each, by_digest=request.all)]
    signers = read_signers(repository, default_head(repository))
    setting = Setting(repository, pipeline, signers, target, state, before, actor)
    gates = tuple(result for each in moving for result in ask(setting, each))
    if problems:
        raise _refusal(problems, gates)
    made = waive(setting, request.waive, request.reason, moving, gates)
    waivers = (*made, *recorded(setting, moving, gates, without=made))
    lock = state.lock.promoted({each.address: _pin(each, actor) for each in moving}) if moving else state.lock
    promotion = Promotion(
        action="promote",
        by=actor.identity,
        at=actor.at,
        reason=request.reason,
        changes=tuple(_move(state, each) for each in moving),
        gates=tuple(each.record() for each in gates),
        waivers=tuple(record_of(each) for each in waivers),
        policy_commit=default_head(repository),
    )
    return Plan(state, lock, promotion, gates, policy, waivers, made)


def preview(
    repository: Repository, environment: str, addresses: Sequence[str], actor: Actor
) -> tuple[GateResult, ...]:
    """Return what every gate that nobody waived would say now to promoting these addresses; nothing is
    written.
    """
    request = Request(environment, tuple((each, None) for each in addresses), dry_run=True)
    made = plan(repository, request, actor)
    return tuple(each for each in made.gates if each.result == "pass" or each in made.stopping)


def _refuse_stranger(repository: Repository, plan: Plan, actor: Actor) -> None:
    """Runtimes that check signatures would not adopt what somebody else promotes."""
    promoters = plan.policy.parsed["promoters"] if plan.policy else ()
    if not promoters:
        return
    if actor.signer is None:
        raise RefusedError(
            f"promotions are signed by {' or '.join(promoters)}, and no signing key is set up here",
            hint="promptctl init --signing",
        )
    signers = read_signers(repository, default_head(repository))
    principal = actor.signer.known_to(signers, at=actor.now).principal
    if principal not in promoters:
        raise RefusedError(
            f"{principal} is none of the promoters: {', '.join(promoters)}",
            hint="let one of them promote; with --dry-run the gates answer everybody",
        )


def _choose(
    repository: Repository, request: Request, state: EnvironmentState, before: EnvironmentState | None
) -> tuple[list[Release], list[PromptctlError]]:
    """Return the releases that are meant, their bytes checked, and why the others cannot be."""
    names = request.names
    if request.all:
        names = tuple((address, None) for address in _all_addresses(repository, before))
        repository.refs.fetch([tags_of(address) for address, _ in names])
    chosen: list[Release] = []
    problems: list[PromptctlError] = []
    for address, version in names:
        try:
            wanted = version or _default_version(repository, address, before)
            release = read_release(repository, address, wanted)
            _refuse_moved(release, [state, *([before] if before else [])])
            releases.read_checked(repository.objects, release)
            chosen.append(release)
        except (UsageError, RefusedError) as problem:
            problems.append(problem)
    return chosen, problems


def _refusal(problems: Sequence[PromptctlError], gates: Sequence[GateResult]) -> PromptctlError:
    """Return the first problem with the words of all, and of the gates that stop others."""
    first = problems[0]
    failed = [f"{each.address}: {each.gate}: {each.reason}" for each in gates if each.result != "pass"]
    return type(first)("\n".join([*(each.message for each in problems), *failed]), hint=first.hint)


def _all_addresses(repository: Repository, before: EnvironmentState | None) -> list[str]:
    if before is not None:
        return sorted(before.lock.pins)
    entries = repository.objects.tree(f"{default_head(repository)}:prompts", recursive=True) or []
    names = {PurePosixPath(entry.name).with_suffix("").as_posix() for entry in entries}
    addresses = sorted(f"prompts/{each}" for each in names if not name_problem(each))
    addresses = [each for each in addresses if is_releasable(each)]
    repository.refs.fetch([tags_of(each) for each in addresses])
    return [each for each in addresses if known_versions(repository, each)]


def _default_version(repository: Repository, address: str, before: EnvironmentState | None) -> Version:
    name = short_name(address)
    if before is not None:
        pin = before.lock.pins.get(address)
        if pin is None:
            raise RefusedError(
                f"{name} does not serve in {before.environment} yet",
                hint=f"promptctl promote {name} --to {before.environment}",
            )
        return Version.parse(pin.version)
    known = known_versions(repository, address)
    if not known:
        raise UsageError(f"{name} was never released", hint=f"promptctl release {name}")
    return max(known)


def _serves(state: EnvironmentState, release: Release, *, by_digest: bool) -> bool:
    """Whether exactly this release serves already, or with `by_digest` its behaviour."""
    pin = state.lock.pins.get(release.address)
    if pin is None:
        return False
    return pin.digest == release.digest if by_digest else pin.version == str(release.version)


def _refuse_moved(release: Release, states: Sequence[EnvironmentState]) -> None:
    """A version that an environment knows with other content is a tag that was moved."""
    for state in states:
        for each in state.lock.pins_of(release.address):
            same = (each.digest, each.tree) == (release.digest, release.tree)
            if each.version == str(release.version) and not same:
                raise IntegrityError(
                    f"the tag of {release.address} {release.version} moved: env/{state.environment} has"
                    f" {each.tag_object}, the tag is now {release.tag_object}",
                    hint="promptctl verify",
                )


def _pin(release: Release, actor: Actor) -> Pin:
    return Pin(
        version=str(release.version),
        digest=release.digest,
        tag=tag_of(release.address, release.version),
        tag_object=release.tag_object,
        commit=release.commit,
        tree=release.tree,
        since=actor.at,
        by=actor.identity,
    )


def _move(state: EnvironmentState, release: Release) -> Move:
    pin = state.lock.pins.get(release.address)
    return Move(release.address, pin.version if pin else None, str(release.version))


def is_downgrade(move: Move) -> bool:
    """Whether a promotion goes to an older version: allowed, and announced."""
    if move.before is None or move.after is None:
        return False
    return Version.parse(move.after) < Version.parse(move.before)


def is_worth_waiting(plan: Plan) -> bool:
    """Whether nothing but time or people stops a plan."""
    return plan.is_blocked and all(each.is_pending for each in plan.stopping)
