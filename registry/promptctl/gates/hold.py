"""The `hold` gate: nothing holds this digest, name or environment."""

from __future__ import annotations

from promptctl.core.lock import Lock
from promptctl.core.names import short_name
from promptctl.gates.result import Candidate, GateResult


def check(candidate: Candidate, *, lock: Lock) -> GateResult:
    """Decide by the holds in the environment's lock."""
    holds = lock.holds_on(candidate.address, candidate.digest)
    if not holds:
        return GateResult("hold", candidate.address, "pass", "nothing is held")
    first = holds[0]
    what = {
        "digest": f"{short_name(candidate.address)}@{candidate.version}",
        "name": short_name(candidate.address),
        "environment": "",
    }[first.scope]
    return GateResult(
        gate="hold",
        address=candidate.address,
        result="fail",
        reason=f"{first.scope} held by {first.by} since {first.since}: {first.reason}",
        hint=" ".join(f"promptctl unhold {what} --env {candidate.environment} --reason …".split()),
    )
