"""Which people approved a candidate: what the gates that need people have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptctl.core.names import short_name
from promptctl.gates.result import Candidate
from promptctl.model.people import People, person_of, same_for_all
from promptctl.model.statements import Approval, Signed

UNSIGNED_HINT = "promptctl init --signing"
"""What helps where nobody could sign yet."""


def by_person(
    candidate: Candidate, approvals: Iterable[Signed[Approval]], people: People
) -> Mapping[str, Signed[Approval]]:
    """Return the first approval of each person that is for exactly this digest, address and environment.

    One that somebody else signed than who it says counts for nobody.
    """
    wanted = (candidate.address, candidate.digest, candidate.environment)
    found: dict[str, Signed[Approval]] = {}
    for each in sorted(approvals, key=lambda each: (each.statement.at, each.sha256)):
        said = each.statement
        if (said.address, said.digest, said.environment) == wanted and each.signer == said.by:
            found.setdefault(person_of(said.by, people), each)
    return found


def words(person: str, approval: Signed[Approval]) -> str:
    """Say who approved with which identity, and when: `ada (ada@acme.example) at …`."""
    by = approval.statement.by
    who = by if person == same_for_all(by) else f"{person} ({by})"
    return f"{who} at {approval.statement.at}"


def command(candidate: Candidate) -> str:
    """Return what somebody types who approves."""
    name = f"{short_name(candidate.address)}@{candidate.version}"
    return f"promptctl approve {name} --for {candidate.environment}"
