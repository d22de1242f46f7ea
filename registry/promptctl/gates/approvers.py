"""Which people approved a candidate: what the gates that need people have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from promptctl.core.names import short_name
from promptctl.gates.result import Candidate
from promptctl.model.people import People, person_of, same_for_all
from promptctl.model.statements import Approval

UNSIGNED_HINT = "promptctl init --signing"
"""What helps where nobody could sign yet."""


class SignedApproval(Protocol):
    """An approval with its name and the principal whose signature verified, None for nobody."""

    @property
    def sha256(self) -> str:
        """The hash of the statement, which is its name."""
        ...

    @property
    def statement(self) -> Approval:
        """What was said."""
        ...

    @property
    def signer(self) -> str | None:
        """Who signed it."""
        ...


def by_person(
    candidate: Candidate, approvals: Iterable[SignedApproval], people: People
) -> Mapping[str, SignedApproval]:
    """Return the first approval of each person that is for exactly this digest, address and environment.

    An approval that nobody signed, or another than who it says, counts for nobody.
    """
    wanted = (candidate.address, candidate.digest, candidate.environment)
    found: dict[str, SignedApproval] = {}
    for each in sorted(approvals, key=lambda each: (each.statement.at, each.sha256)):
        said = each.statement
        if (said.address, said.digest, said.environment) == wanted and each.signer == said.by:
            found.setdefault(person_of(said.by, people), each)
    return found


def words(person: str, approval: SignedApproval) -> str:
    """Say who approved with which identity, and when: `ada (ada@acme.example) at …`."""
    by = approval.statement.by
    identity = "" if person == same_for_all(by) else f" ({by})"
    return f"{person}{identity} at {approval.statement.at}"


def command(candidate: Candidate) -> str:
    """Return what somebody types who approves."""
    name = f"{short_name(candidate.address)}@{candidate.version}"
    return f"promptctl approve {name} --for {candidate.environment}"
