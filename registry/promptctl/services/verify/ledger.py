"""The branch `evidence`: what was deleted there, and whether what a record rests on is there and sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from promptctl.core.limits import CLOCK_SKEW_S, WAIVER_AGE_S
from promptctl.core.names import EVIDENCE_BRANCH
from promptctl.core.written import short
from promptctl.errors import RefusedError
from promptctl.model.evidence import Experiment
from promptctl.model.statements import Statement, Waiver, made_at
from promptctl.services.verify.basis import Basis
from promptctl.services.verify.violation import Violation
from promptctl.store import evidence
from promptctl.store.evidence import Found
from promptctl.store.evidence_history import removed


@dataclass(frozen=True)
class Ledger:
    """The statements as last fetched; each folder is read once."""

    basis: Basis
    _found: dict[tuple[str, str], Found] = field(default_factory=dict)

    def read(self, name: str) -> Statement | str:
        """Return the statement of this name where it is sound, or why it proves nothing.

        One that was revoked later is sound: it counted when it was used.
        """
        folders = self._places.get(name)
        if not folders:
            return "it is not on the evidence branch"
        try:
            statement = evidence.read(self.basis.repository, name, folders)
            found = self._of(statement.address, statement.digest)
        except RefusedError as error:
            return error.message
        sound = {each.sha256 for each in found.experiments}
        sound |= {each.sha256 for kind in (found.approvals, found.waivers) for each in kind}
        if name in sound or name in found.revoked:
            return statement
        return next((each for each in found.unsound if short(name) in each), "its signature is not sound")

    def signer(self, experiment: Experiment, name: str) -> str | None:
        """Return who signed an experiment, revoked later or not; None where nobody did."""
        found = self._of(experiment.address, experiment.digest)
        recorded = {each.sha256: each.signer for each in found.experiments}
        return (recorded | dict(found.revoked)).get(name)

    def _of(self, address: str, digest: str) -> Found:
        if (address, digest) not in self._found:
            basis = self.basis
            self._found[address, digest] = evidence.find(
                basis.repository, address, digest, basis.signers, now=basis.now
            )
        return self._found[address, digest]

    @cached_property
    def _places(self) -> Mapping[str, tuple[str, ...]]:
        return evidence.locate(self.basis.repository, "")


def waiver_problem(statement: Statement | str, wanted: Waiver) -> str:
    """Say why a statement is not the waiver that a record tells of, empty where it is.

    It is for the digest, under whatever version, and only until `WAIVER_AGE_S` after it was made: `wanted.at`
    is when it was used.
    """
    if isinstance(statement, str):
        return statement
    if not isinstance(statement, Waiver):
        return "its statement is no waiver"
    pairs = {
        each: (getattr(statement, each), getattr(wanted, each))
        for each in ("gate", "address", "digest", "environment", "by", "reason")
    }
    differing = [each for each, (said, recorded) in pairs.items() if said != recorded]
    if differing:
        return f"its statement has another {differing[0]}"
    age_s = (made_at(wanted) - made_at(statement)).total_seconds()
    was_fresh = -CLOCK_SKEW_S <= age_s <= WAIVER_AGE_S
    return "" if was_fresh else f"its statement is of {statement.at}, and was used at {wanted.at}"


def check_evidence(basis: Basis) -> Iterator[Violation]:
    """Whether anything was ever deleted or rewritten on the evidence branch."""
    head = basis.repository.refs.read(EVIDENCE_BRANCH)
    for loss in removed(basis.repository, head) if head else ():
        if loss.code != "evidence-cut" or not basis.repository.layout.is_shallow:
            yield Violation("evidence", loss.code, loss.message)
