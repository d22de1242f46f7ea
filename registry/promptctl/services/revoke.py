"""Revoke: a signed statement that takes the effect of another one away. Nothing is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promptctl.core.names import EVIDENCE_BRANCH
from promptctl.core.written import short
from promptctl.errors import RefusedError
from promptctl.model.in_toto import name_of, named
from promptctl.model.statements import Revocation, Statement
from promptctl.services.environment_change import Actor
from promptctl.services.pipeline import default_head
from promptctl.services.statements import record, signer_that_counts
from promptctl.store import evidence
from promptctl.store.evidence import Found
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository
from promptctl.store.signers import read_signers

Outcome = Literal["revoked", "already", "planned"]


@dataclass(frozen=True, slots=True)
class Revoked:
    """The revocation that stands, or would, with its name, and the `statement` that it takes away.

    `signer` is who soundly signed that, None where nobody did.
    """

    outcome: Outcome
    revocation: Revocation
    sha256: str
    statement: Statement
    signer: str | None


def revoke(repository: Repository, prefix: str, reason: str, actor: Actor, *, dry_run: bool) -> Revoked:
    """Push a signed revocation of the only statement whose name begins with `prefix`.

    One that stands is done already. Raise `UsageError` where there is no such statement, or several,
    `RefusedError` where nothing can be signed that would count.
    """
    repository.refs.fetch([HEAD, EVIDENCE_BRANCH])
    located = evidence.locate(repository, prefix)
    name = named(prefix, located)
    statement = evidence.read(repository, name, located[name])
    signers = read_signers(repository, default_head(repository))
    signer = signer_that_counts(actor, signers, "a revocation")
    found = evidence.find(repository, statement.address, statement.digest, signers, now=actor.now)
    signed_by = _signers_of(found).get(name)
    for each in found.revocations:
        if each.statement.statement == name:
            return Revoked("already", each.statement, each.sha256, statement, signed_by)
    _refuse_foreign(statement, signer.principal)
    wanted = Revocation(statement.address, statement.digest, name, signer.principal, actor.at, reason)
    if not dry_run:
        record(repository, wanted, actor, signer, signers)
    outcome: Outcome = "planned" if dry_run else "revoked"
    return Revoked(outcome, wanted, name_of(wanted.to_bytes()), statement, signed_by)


def _refuse_foreign(statement: Statement, principal: str) -> None:
    if isinstance(statement, Revocation) and statement.by != principal:
        raise RefusedError(
            f"{statement.by} revoked {short(statement.statement)}, and nobody else takes that back",
            hint="approve it again, or record another experiment: what is new is not revoked",
        )


def _signers_of(found: Found) -> dict[str, str | None]:
    """Return who soundly signed each statement, by its name, revoked or not."""
    signers = dict(found.revoked) | {each.sha256: each.signer for each in found.experiments}
    for said in (found.approvals, found.waivers, found.revocations):
        signers |= {each.sha256: each.signer for each in said}
    return signers
