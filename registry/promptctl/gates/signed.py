"""The `signed` gate: somebody in the allowed signers signed the release's tag."""

from __future__ import annotations

from promptctl.core.names import short_name
from promptctl.gates.result import Candidate, GateResult


def check(candidate: Candidate, *, signer: str | None, problem: str) -> GateResult:
    """Decide by who signed the tag; None is nobody who counts, and `problem` says why."""
    if signer is not None:
        return GateResult("signed", candidate.address, "pass", f"its tag is signed by {signer}")
    # The same bytes under another version: approvals and evidence are about the digest, and still hold.
    hint = f"promptctl init --signing, then: promptctl release {short_name(candidate.address)} --bump patch"
    return GateResult("signed", candidate.address, "fail", problem, hint)
