"""Approvals for tests of the gates that need people."""

from __future__ import annotations

from typing import Any

from promptctl.gates.result import Candidate
from promptctl.model.statements import Approval, Signed

CANDIDATE = Candidate("prompts/hello", "1.1.0", "sha256:" + "a" * 64, "prod")
PEOPLE = {
    "ada": ("ada@acme.example", "ada@home.example", "github:8928778"),
    "grace": ("grace@acme.example",),
    "lin": ("lin@acme.example",),
}


def approval(by: str, *, signer: str | None = None, minute: int = 0, **said: Any) -> Signed[Approval]:
    """Return what somebody said about the candidate, with what is said otherwise."""
    spoken = {
        "address": CANDIDATE.address,
        "version": CANDIDATE.version,
        "digest": CANDIDATE.digest,
        "environment": CANDIDATE.environment,
        "at": f"2026-11-22T17:{minute:02}:00Z",
        "by": by,
    }
    return Signed(f"hash of {by}", Approval(**spoken | said), by if signer is None else signer)
