"""Waiving a gate: by somebody who may, with a reason, signed and recorded; with a promotion or before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from promptctl.core.limits import WAIVER_AGE_S
from promptctl.core.suggest import nearest
from promptctl.core.written import timestamp
from promptctl.errors import RefusedError, UsageError
from promptctl.gates.result import GateResult
from promptctl.model.people import members, person_of, same_for_all
from promptctl.model.pipeline import Pipeline
from promptctl.model.release import Release
from promptctl.model.statements import Signed, Waiver, made_at, name_of
from promptctl.services.gating.question import Setting
from promptctl.services.gating.served import changes_since
from promptctl.services.statements import signer_that_counts
from promptctl.store.environments import EnvironmentState
from promptctl.store.evidence import Found
from promptctl.store.repository import Repository

WAIVABLE = ("after", "soak", "evals", "policy_loosened", "approvals", "signed", "freeze")
"""Every gate but `hold`, which `unhold` takes away."""


def waive(
    setting: Setting,
    names: Sequence[str],
    reason: str,
    moving: Sequence[Release],
    gates: Sequence[GateResult],
) -> tuple[Waiver, ...]:
    """Return a waiver for each of these gates that stops a release; a gate that passes needs none.

    Raise `UsageError` for a gate that there is not or that nobody waives, `RefusedError` for an actor who may
    not.
    """
    for each in names:
        check_gate(each)
    if names:
        _check_actor(setting)
    actor, environment = setting.actor, setting.target.name
    of = {each.address: each for each in moving}
    return tuple(
        Waiver(
            address=each.address,
            version=str(of[each.address].version),
            digest=of[each.address].digest,
            environment=environment,
            gate=each.gate,
            by=actor.identity,
            at=actor.at,
            reason=reason,
        )
        for each in gates
        if each.gate in names and each.result != "pass"
    )


def recorded(
    setting: Setting, moving: Sequence[Release], gates: Sequence[GateResult], *, without: Sequence[Waiver]
) -> tuple[Waiver, ...]:
    """Return for each other gate that stops a release the newest waiver that somebody recorded and that
    counts.

    Where none is recorded nothing is read that the gates did not read.
    """
    waived = {(each.address, each.gate) for each in without}
    stopped = {
        (each.address, each.gate): None
        for each in gates
        if each.result != "pass" and (each.address, each.gate) not in waived
    }
    found: dict[tuple[str, str], Waiver] = {}
    for release in moving:
        known = setting.evidence(release.address, release.digest)
        for each in counting(setting.repository, setting.pipeline, setting.state, known, setting.actor.now):
            found.setdefault((release.address, each.statement.gate), each.statement)
    return tuple(found[each] for each in stopped if each in found)


def counting(
    repository: Repository, pipeline: Pipeline, state: EnvironmentState, found: Found, now: datetime
) -> list[Signed[Waiver]]:
    """Return the recorded waivers of one digest that count in an environment now, newest first.

    They are by somebody who may waive, of the last `WAIVER_AGE_S`, and serve one promotion: the address did
    not move there since, and no promotion names them.
    """
    oldest = now - timedelta(seconds=WAIVER_AGE_S)
    fresh = [
        each
        for each in found.waivers
        if each.statement.environment == state.environment
        and each.statement.gate in WAIVABLE
        and made_at(each.statement) >= oldest
        and may_waive(pipeline, each.signer)
    ]
    if not fresh:
        return []
    moved, used = _spent(repository, state, fresh[0].statement.address, oldest)
    left = [each for each in fresh if each.statement.at > moved and each.sha256 not in used]
    return sorted(left, key=lambda each: (each.statement.at, each.sha256), reverse=True)


def moved_at(state: EnvironmentState, address: str) -> str:
    """Return when an address last moved, as the lock says it; empty where nothing serves under it."""
    pin = state.lock.pins.get(address)
    return pin.since if pin else ""


def _spent(
    repository: Repository, state: EnvironmentState, address: str, oldest: datetime
) -> tuple[str, set[str]]:
    """Return when an address last moved, and the waivers that were used; what is older is not looked at.

    What a rollback took out altogether has no pin, and clocks differ: so the records are read too.
    """
    moved, used = moved_at(state, address), set[str]()
    for at, change in changes_since(repository, state, oldest):
        used |= {str(each.get("statement")) for each in change.waivers}
        if any(move.address == address for move in change.changes):
            moved = max(moved, timestamp(at))
    return moved, used


def record_of(waiver: Waiver) -> Mapping[str, Any]:
    """Return a waiver as `promotion.json` keeps it."""
    return {
        "gate": waiver.gate,
        "address": waiver.address,
        "reason": waiver.reason,
        "by": waiver.by,
        "statement": name_of(waiver.to_bytes()),
    }


def may_waive(pipeline: Pipeline, identity: str) -> bool:
    """Whether an identity is one of `waivers.allowed`: of a person, a member of a group, or an e-mail."""
    allowed = members(pipeline.waivers.allowed, pipeline.groups)
    return person_of(identity, pipeline.people) in {*allowed, *map(same_for_all, allowed)}


def check_gate(name: str) -> None:
    """Raise `UsageError` for a gate that there is not, or that nobody waives."""
    if name == "hold":
        raise UsageError("a hold cannot be waived", hint="promptctl unhold … says why, and lets it go on")
    if name not in WAIVABLE:
        close = nearest(name, WAIVABLE)
        raise UsageError(
            f"there is no gate {name!r}",
            hint=f"did you mean {close}?" if close else f"gates are: {', '.join(WAIVABLE)}",
        )


def check_person(pipeline: Pipeline, principal: str) -> None:
    """Raise `RefusedError` for somebody whom the default branch does not allow to waive gates."""
    if not may_waive(pipeline, principal):
        allowed = ", ".join(pipeline.waivers.allowed)
        hint = "`waivers: {allowed: […]}` in promptctl.yaml of the default branch says who may"
        if allowed:
            command = "promptctl waive NAME@VERSION --for ENV --gate GATE --reason …"
            hint = f"let one of {allowed} run {command}, then promote without --waive"
        raise RefusedError(
            f"{principal} may not waive gates: promptctl.yaml of the default branch allows"
            f" {allowed or 'nobody'}",
            hint=hint,
        )


def _check_actor(setting: Setting) -> None:
    signer = signer_that_counts(setting.actor, setting.signers, "a waiver")
    check_person(setting.pipeline, signer.principal)
