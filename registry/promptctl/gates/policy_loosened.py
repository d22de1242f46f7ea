"""The `policy_loosened` gate: no policy and no suite is looser than before, or the named groups approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promptctl.core.written import counted
from promptctl.gates.approvers import UNSIGNED_HINT, by_person, command, words
from promptctl.gates.result import Candidate, GateResult
from promptctl.model.people import People, members
from promptctl.model.pipeline import PolicyLoosenedGate
from promptctl.model.statements import Approval, Signed

_SHOWN = 20
"""So many changes are written out; all of them are in `promptctl diff`."""


def check(
    candidate: Candidate,
    *,
    loosened: Sequence[str],
    settings: PolicyLoosenedGate,
    approvals: Iterable[Signed[Approval]],
    groups: Mapping[str, Sequence[str]],
    people: People,
    has_signing: bool = True,
) -> GateResult:
    """Decide by what is `loosened`, in words, and who of the groups approved it."""
    if not loosened:
        return GateResult("policy_loosened", candidate.address, "pass", "nothing is loosened")
    allowed = members(settings.groups, groups)
    found = by_person(candidate, approvals, people)
    approved = {person: each for person, each in found.items() if person in allowed}
    passed = len(approved) >= settings.approvals
    return GateResult(
        gate="policy_loosened",
        address=candidate.address,
        result="pass" if passed else "fail",
        reason="\n".join([_first_line(approved, allowed, settings), *_shown(loosened)]),
        hint="" if passed else command(candidate) if has_signing else UNSIGNED_HINT,
        evidence=tuple(each.sha256 for each in approved.values()),
        is_pending=not passed and has_signing,
    )


def _first_line(
    approved: Mapping[str, Signed[Approval]], allowed: Sequence[str], settings: PolicyLoosenedGate
) -> str:
    groups = " or ".join(settings.groups)
    line = f"{len(approved)} of {settings.approvals} in {groups} approved"
    if approved:
        line += f": {', '.join(words(person, each) for person, each in approved.items())}"
    missing = [each for each in allowed if each not in approved]
    if len(approved) < settings.approvals and missing:
        line += f" (could approve: {', '.join(missing)})"
    return line


def _shown(loosened: Sequence[str]) -> list[str]:
    more = len(loosened) - _SHOWN
    return [*loosened[:_SHOWN], *([f"and {counted(more, 'change')} more"] if more > 0 else [])]
