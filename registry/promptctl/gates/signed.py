"""The `signed` gate: somebody in the allowed signers signed the release's tag."""

from __future__ import annotations

from promptctl.core.names import short_name
from promptctl.gates.result import Candidate, GateResult


def check(candidate: Candidate, *, signer: str | None, problem: str) -> GateResult:
    """Decide by who signed the tag; None is nobody who counts, and `problem` says why, empty without any
    signature.
    """
    if signer is not None:
        return GateResult("signed", candidate.address, "pass", f"its tag is signed by {signer}")
    anew = f"promptctl release {short_name(candidate.address)} --bump patch"
    if problem:
        reason = f"the signature of its tag does not count: {problem}"
        hint = f"with a key of .promptctl/allowed_signers: {anew}"
    else:
        reason, hint = "its tag is not signed", f"promptctl init --signing, then: {anew}"
    return GateResult("signed", candidate.address, "fail", reason, hint)
