"""The `after` gate: exactly this digest serves, or has served, the environment before."""

from __future__ import annotations

from collections.abc import Collection

from promptctl.core.names import short_name
from promptctl.gates.result import Candidate, GateResult


def check(candidate: Candidate, *, after: str, served: Collection[str]) -> GateResult:
    """Decide by the digests that `after` serves or has ever served under the candidate's address."""
    passed = candidate.digest in served
    name = f"{short_name(candidate.address)}@{candidate.version}"
    return GateResult(
        gate="after",
        address=candidate.address,
        result="pass" if passed else "fail",
        reason=f"this digest {'has served' if passed else 'never served'} {after}",
        hint="" if passed else f"promptctl promote {name} --to {after}",
    )
