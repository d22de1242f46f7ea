"""Approve: a signed statement that a digest may serve in an environment. No environment is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from promptctl.core.lock import Pin
from promptctl.core.written import short
from promptctl.errors import UsageError
from promptctl.gates.result import GateResult
from promptctl.model.difference.compare import Difference
from promptctl.model.in_toto import name_of, named
from promptctl.model.promotion import legible
from promptctl.model.statements import Approval, Signed
from promptctl.services.environment_change import Actor
from promptctl.services.statements import Case, Subject, difference, gate_of, look, record, subject
from promptctl.store import evidence
from promptctl.store.evidence import Found
from promptctl.store.repository import Repository

Outcome = Literal["approved", "already", "planned"]
WHAT = "an approval"


@dataclass(frozen=True, slots=True)
class Request:
    """What is approved for where. `experiments` are first digits of those that were looked at."""

    about: Subject
    reason: str = ""
    experiments: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Approved:
    """The approval that stands, or would; its name on the evidence branch.

    `serving` is what serves there now and `difference` what the approved release changes of it. `gate` is
    what the approvals gate says afterwards to a promoter who is none of these people, `loosened` what the
    policy_loosened gate says; None where there is none.
    """

    outcome: Outcome
    approval: Approval
    sha256: str
    serving: Pin | None
    difference: Difference | None
    gate: GateResult | None
    loosened: GateResult | None


def request(
    name: str, environment: str, reason: str, experiments: Sequence[str], *, dry_run: bool
) -> Request:
    """Return what NAME@VERSION means; raise `UsageError` for anything else."""
    about = subject(name, environment, what=WHAT, command=f"promptctl approve {{}} --for {environment}")
    return Request(about, legible(reason), tuple(experiments), dry_run)


def approve(repository: Repository, request: Request, actor: Actor) -> Approved:
    """Push a signed approval; one that says the same by the same identity is done already.

    Raise `UsageError` for an environment, release or experiment that does not exist, `RefusedError` where
    nothing can be signed that would count.
    """
    case = look(repository, request.about, actor, WHAT)
    wanted = _wanted(repository, case, request, actor)
    known = case.found.approvals
    stands = next((each for each in known if _says_the_same(each.statement, wanted)), None)
    if stands is None and not request.dry_run:
        record(repository, wanted, actor, case.signer, case.signers)
    approval = stands or Signed(name_of(wanted.to_bytes()), wanted, case.signer.principal)
    found = replace(case.found, approvals=known if stands else (*known, approval))
    nobody = actor.as_promoter(())
    return Approved(
        outcome="already" if stands else "planned" if request.dry_run else "approved",
        approval=approval.statement,
        sha256=approval.sha256,
        serving=case.serving,
        difference=difference(repository, case),
        gate=gate_of(repository, case, "approvals", nobody, found),
        loosened=gate_of(repository, case, "policy_loosened", nobody, found),
    )


def _wanted(repository: Repository, case: Case, request: Request, actor: Actor) -> Approval:
    return Approval(
        address=request.about.address,
        version=str(request.about.version),
        digest=case.release.digest,
        environment=request.about.environment,
        by=case.signer.principal,
        at=actor.at,
        reason=request.reason,
        experiments=_experiments(repository, case.found, request.experiments),
    )


def _says_the_same(known: Approval, wanted: Approval) -> bool:
    """Whether an approval of this digest lets it into the same environment, on all these experiments."""
    same = (known.by, known.environment) == (wanted.by, wanted.environment)
    return same and set(known.experiments) >= set(wanted.experiments)


def _experiments(repository: Repository, found: Found, prefixes: Sequence[str]) -> tuple[str, ...]:
    """Return the names of experiments that count for this digest, sorted; raise `UsageError` for others."""
    known = [each.sha256 for each in found.experiments]
    names = set()
    for prefix in prefixes:
        if not any(each.startswith(prefix) for each in known):
            _refuse_other(repository, prefix)
        names.add(named(prefix, known))
    return tuple(sorted(names))


def _refuse_other(repository: Repository, prefix: str) -> None:
    """Say what a name means that is no experiment of this digest; one that means nothing is left alone."""
    located = evidence.locate(repository, prefix)
    for name, (folder, *_) in list(located.items())[:1]:
        raise UsageError(
            f"{short(name)} is no experiment that counts for this digest: it stands in {folder}",
            hint="leave it out, or record one: promptctl eval NAME@VERSION --record",
        )
