"""Waive: a signed statement that a digest may pass one gate of an environment, once. Nothing is promoted.

For those who may waive and may not promote; who may do both says `promote --waive`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from promptctl.core.limits import WAIVER_AGE_S
from promptctl.core.lock import Pin
from promptctl.core.names import short_name
from promptctl.core.written import timestamp
from promptctl.errors import RefusedError, UsageError
from promptctl.model.in_toto import name_of
from promptctl.model.promotion import legible
from promptctl.model.statements import Signed, Waiver, made_at
from promptctl.services.environment_change import Actor
from promptctl.services.gating.waivers import check_gate, check_person, counting, moved_at
from promptctl.services.statements import Case, Subject, difference, gate_of, look, record, subject
from promptctl.services.verify.gates import required
from promptctl.store.repository import Repository

if TYPE_CHECKING:
    from promptctl.gates.result import GateResult
    from promptctl.model.difference.compare import Difference

Outcome = Literal["waived", "already", "planned"]
WHAT = "a waiver"


@dataclass(frozen=True, slots=True)
class Request:
    """Which gate a release may pass where, and why."""

    about: Subject
    gate: str
    reason: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Waived:
    """The waiver that stands, or would; its name on the evidence branch, and until when it can be used, UTC.

    `serving` is what serves there now and `difference` what the release changes of it. `gate` is what the
    gate itself says to who promotes.
    """

    outcome: Outcome
    waiver: Waiver
    sha256: str
    until: str
    serving: Pin | None
    difference: Difference | None
    gate: GateResult | None


def request(name: str, environment: str, gates: Sequence[str], reason: str, *, dry_run: bool) -> Request:
    """Return what NAME@VERSION means; raise `UsageError` for anything else, several gates, or one that nobody
    waives.
    """
    if len(gates) > 1:
        raise UsageError(
            f"a waiver is for one gate, and {len(gates)} are named: {', '.join(gates)}",
            hint="run promptctl waive once for each",
        )
    (gate,) = gates
    check_gate(gate)
    command = f"promptctl waive {{}} --for {environment} --gate {gate} --reason …"
    return Request(subject(name, environment, what=WHAT, command=command), gate, legible(reason), dry_run)


def waive(repository: Repository, request: Request, actor: Actor) -> Waived:
    """Push a signed waiver; one of the same gate by the same identity that still counts is done already.

    Raise `UsageError` for an environment or release that does not exist or a gate that is not set there,
    `RefusedError` where nothing can be signed that would count.
    """
    case = look(repository, request.about, actor, WHAT)
    wanted = _wanted(case, request, actor)
    known = counting(repository, case.pipeline, case.state, case.found, actor.now)
    stands = next((each for each in known if _says_the_same(each.statement, wanted)), None)
    if stands is None and not request.dry_run:
        record(repository, wanted, actor, case.signer, case.signers)
    waiver = stands or Signed(name_of(wanted.to_bytes()), wanted, case.signer.principal)
    return Waived(
        outcome="already" if stands else "planned" if request.dry_run else "waived",
        waiver=waiver.statement,
        sha256=waiver.sha256,
        until=timestamp(made_at(waiver.statement) + timedelta(seconds=WAIVER_AGE_S)),
        serving=case.serving,
        difference=difference(repository, case),
        gate=gate_of(repository, case, wanted.gate, actor.as_promoter(case.pipeline.promoters), case.found),
    )


def _wanted(case: Case, request: Request, actor: Actor) -> Waiver:
    """Return what would be signed; raise where it would not count."""
    about = request.about
    check_person(case.pipeline, case.signer.principal)
    if request.gate not in required(case.pipeline.environment(about.environment)):
        raise UsageError(
            f"{about.environment} has no gate {request.gate}",
            hint=f"promptctl promote {short_name(about.address)}@{about.version} --to {about.environment}",
        )
    if actor.at <= (moved := moved_at(case.state, about.address)):
        raise RefusedError(
            f"{short_name(about.address)} moved in {about.environment} at {moved}, and it is {actor.at} here:"
            " a waiver counts for what is newer",
            hint="look at promptctl status, then decide again",
        )
    return Waiver(
        address=about.address,
        version=str(about.version),
        digest=case.release.digest,
        environment=about.environment,
        gate=request.gate,
        by=case.signer.principal,
        at=actor.at,
        reason=request.reason,
    )


def _says_the_same(known: Waiver, wanted: Waiver) -> bool:
    """Whether a waiver of this digest in this environment is of the same gate by the same identity."""
    return (known.by, known.gate) == (wanted.by, wanted.gate)
