"""Approve: a signed statement that a digest may serve in an environment. No environment is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptctl.core.lock import Pin
from promptctl.core.names import EVIDENCE_BRANCH, Ref, environment_ref, short_name, tags_of
from promptctl.core.versions import Version
from promptctl.core.written import short
from promptctl.errors import RefusedError, UsageError
from promptctl.gates import approvals as gate
from promptctl.gates.result import Candidate, GateResult
from promptctl.model.difference.compare import Difference, compare
from promptctl.model.in_toto import name_of, named
from promptctl.model.pipeline import Pipeline
from promptctl.model.promotion import legible
from promptctl.model.release import Release
from promptctl.model.statements import Approval, Signed
from promptctl.services import environment_change
from promptctl.services.environment_change import Actor
from promptctl.services.gating.authors import authors
from promptctl.services.pipeline import default_head, read_policy
from promptctl.services.versions import read_release
from promptctl.store import evidence, releases
from promptctl.store.evidence import Found
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository
from promptctl.store.signers import Signer, Signers, read_signers

SET_UP = "promptctl init --signing"
Outcome = Literal["approved", "already", "planned"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is approved for where. `experiments` are first digits of those that were looked at."""

    address: str
    version: Version
    environment: str
    reason: str = ""
    experiments: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Approved:
    """The approval that stands, or would; its name on the evidence branch.

    `serving` is what serves there now and `difference` what the approved release changes of it. `gate` is
    what the approvals gate says afterwards to everybody who did not write the change, None where there is
    none.
    """

    outcome: Outcome
    approval: Approval
    sha256: str
    serving: Pin | None
    difference: Difference | None
    gate: GateResult | None


def request(
    name: str, environment: str, reason: str, experiments: Sequence[str], *, dry_run: bool
) -> Request:
    """Return what NAME@VERSION means; raise `UsageError` for anything else."""
    ref = Ref.parse(name)
    if not ref.address or ref.version is None:
        bare = short_name(ref.address) or "NAME"
        raise UsageError(
            "what is approved is a version of a release",
            hint=f"promptctl approve {bare}@1.2.0 --for {environment}",
        )
    return Request(ref.address, ref.version, environment, legible(reason), tuple(experiments), dry_run)


def approve(repository: Repository, request: Request, actor: Actor) -> Approved:
    """Push a signed approval; one that says the same by the same identity is done already.

    Raise `UsageError` for an environment, release or experiment that does not exist, `RefusedError` where
    nothing can be signed that would count.
    """
    case = _look(repository, request, actor)
    wanted = _wanted(repository, case, request, actor)
    known = case.found.approvals
    stands = next((each for each in known if _says_the_same(each.statement, wanted)), None)
    if stands is None and not request.dry_run:
        evidence.add(
            repository,
            [wanted],
            person=actor.person,
            now=actor.now,
            pause=actor.pause,
            signer=case.signer,
            signers=case.signers,
        )
    approval = stands or Signed(name_of(wanted.to_bytes()), wanted, case.signer.principal)
    return Approved(
        outcome="already" if stands else "planned" if request.dry_run else "approved",
        approval=approval.statement,
        sha256=approval.sha256,
        serving=case.pin,
        difference=_difference(repository, case),
        gate=_gate(repository, case, request.environment, known if stands else (*known, approval)),
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known before anything is said: `pin` is what serves there, `found` what counts already."""

    pipeline: Pipeline
    release: Release
    pin: Pin | None
    signers: Signers
    signer: Signer
    found: Found


def _look(repository: Repository, request: Request, actor: Actor) -> _Case:
    address, environment = request.address, request.environment
    repository.refs.fetch([HEAD, EVIDENCE_BRANCH, environment_ref(environment), tags_of(address)])
    pipeline, _ = read_policy(repository)
    pipeline.environment(environment)
    release = read_release(repository, address, request.version)
    signers = read_signers(repository, default_head(repository))
    return _Case(
        pipeline=pipeline,
        release=release,
        pin=environment_change.read_state(repository, environment).lock.pins.get(address),
        signers=signers,
        signer=signer_that_counts(actor, signers, "an approval"),
        found=evidence.find(repository, address, release.digest, signers, now=actor.now),
    )


def _wanted(repository: Repository, case: _Case, request: Request, actor: Actor) -> Approval:
    return Approval(
        address=request.address,
        version=str(request.version),
        digest=case.release.digest,
        environment=request.environment,
        by=case.signer.principal,
        at=actor.at,
        reason=request.reason,
        experiments=_experiments(repository, case.found, request.experiments),
    )


def signer_that_counts(actor: Actor, signers: Signers, what: str) -> Signer:
    """Return who signs, as the allowed signers name him; raise `RefusedError` where they do not know him."""
    if actor.signer is None:
        raise RefusedError(f"{what} is signed, and no signing key is set up here", hint=SET_UP)
    return actor.signer.known_to(signers)


def _says_the_same(known: Approval, wanted: Approval) -> bool:
    """Whether an approval of this digest lets it into the same environment, on all these experiments."""
    same = (known.by, known.environment) == (wanted.by, wanted.environment)
    return same and set(known.experiments) >= set(wanted.experiments)


def _difference(repository: Repository, case: _Case) -> Difference | None:
    after = releases.read_checked(repository.objects, case.release)
    if case.pin is None:
        return None
    return compare(releases.read_pinned(repository.objects, case.release.address, case.pin), after)


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


def _gate(
    repository: Repository, case: _Case, environment: str, given: Sequence[Signed[Approval]]
) -> GateResult | None:
    """Return what the approvals gate would say to a promoter who is none of these people."""
    settings = case.pipeline.environment(environment).gates.approvals
    if settings is None:
        return None
    release = case.release
    try:
        wrote = authors(repository, case.pipeline, release, case.pin) if settings.not_author else ()
    except RefusedError as error:
        return GateResult("approvals", release.address, "inconclusive", error.message, error.hint)
    return gate.check(
        Candidate(release.address, str(release.version), release.digest, environment),
        settings=settings,
        approvals=given,
        authors=wrote,
        promoter="",
        people=case.pipeline.people,
    )
