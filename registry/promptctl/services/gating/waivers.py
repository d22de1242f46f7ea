"""Waiving a gate: by somebody who may, with a reason, signed and recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promptctl.core.suggest import nearest
from promptctl.errors import RefusedError, UsageError
from promptctl.gates.result import GateResult
from promptctl.model.people import members, person_of, same_for_all
from promptctl.model.pipeline import Pipeline
from promptctl.model.release import Release
from promptctl.model.statements import Waiver, name_of
from promptctl.services.gating.question import Setting

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
        _check_name(each)
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


def _check_name(name: str) -> None:
    if name == "hold":
        raise UsageError("a hold cannot be waived", hint="promptctl unhold … says why, and lets it go on")
    if name not in WAIVABLE:
        close = nearest(name, WAIVABLE)
        raise UsageError(
            f"there is no gate {name!r}",
            hint=f"did you mean {close}?" if close else f"gates are: {', '.join(WAIVABLE)}",
        )


def _check_actor(setting: Setting) -> None:
    actor = setting.actor
    if actor.signer is None:
        raise RefusedError(
            "a waiver is signed, and no signing key is set up here", hint="promptctl init --signing"
        )
    principal = actor.signer.known_to(setting.signers).principal
    if not may_waive(setting.pipeline, principal):
        allowed = ", ".join(setting.pipeline.waivers.allowed) or "nobody"
        raise RefusedError(
            f"{principal} may not waive gates: promptctl.yaml of the default branch allows {allowed}",
            hint="ask one of them, or let them add you to `waivers: {allowed: […]}`",
        )
