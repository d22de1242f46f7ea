"""The `approvals` gate: enough different people said yes to exactly this digest for this environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from promptctl.gates.approvers import UNSIGNED_HINT, by_person, command, words
from promptctl.gates.result import Candidate, GateResult
from promptctl.model.people import People, person_of
from promptctl.model.pipeline import ApprovalsGate
from promptctl.model.statements import Approval, Signed

_NAMED = 8
"""So many people who could still approve are named."""


def check(
    candidate: Candidate,
    *,
    settings: ApprovalsGate,
    approvals: Iterable[Signed[Approval]],
    authors: Collection[str],
    promoter: str,
    people: People,
    has_signing: bool = True,
) -> GateResult:
    """Decide by people, not by identities.

    `authors` are the e-mails of all who wrote the change, `promoter` the identity of who promotes; with
    `not_author` none of them counts. Without signing nobody can approve, and the hint sets it up.
    """
    found = by_person(candidate, approvals, people)
    excluded = _excluded(authors, promoter, people) if settings.not_author else {}
    counted = {person: each for person, each in found.items() if person not in excluded}
    passed = len(counted) >= settings.count
    lines = [_first_line(counted, settings.count)]
    lines += [
        f"{words(person, found[person])} does not count: {excluded[person]}"
        for person in sorted(excluded.keys() & found.keys())
    ]
    missing = [each for each in people if each not in counted and each not in excluded]
    if not passed and missing:
        lines.append(f"could approve: {', '.join(missing[:_NAMED])}{' …' if len(missing) > _NAMED else ''}")
    return GateResult(
        gate="approvals",
        address=candidate.address,
        result="pass" if passed else "fail",
        reason="\n".join(lines),
        hint="" if passed else command(candidate) if has_signing else UNSIGNED_HINT,
        evidence=tuple(each.sha256 for each in counted.values()),
        is_pending=not passed and has_signing,
    )


def _excluded(authors: Collection[str], promoter: str, people: People) -> Mapping[str, str]:
    """Return why each person who wrote or promotes it does not count."""
    why = {person_of(promoter, people): "promotes it"} if promoter else {}
    return why | {person_of(each, people): "wrote the change" for each in authors}


def _first_line(counted: Mapping[str, Signed[Approval]], asked: int) -> str:
    who = ", ".join(words(person, each) for person, each in counted.items())
    people = "person" if asked == 1 else "people"
    return f"{len(counted)} of {asked} {people} approved{f': {who}' if who else ''}"
