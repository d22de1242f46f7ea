"""What is written here can be signed by somebody whose signature counts."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.errors import PromptctlError
from promptctl.services.doctor.problem import Problem, Severity, Subject
from promptctl.store.refs import HEAD
from promptctl.store.signers import read_signers, signer_of

NAME = "signing"
_SET_UP = "promptctl init --signing"


def check(subject: Subject) -> Iterator[Problem]:
    """Compare git's signing key with the allowed signers of the default branch, as last fetched."""
    repository = subject.repository
    try:
        signers = read_signers(repository, repository.refs.read(HEAD))
        signer = signer_of(repository, signers)
    except PromptctlError as error:
        yield Problem(NAME, "warning", error.message, "nothing that you do here is signed", error.hint)
        return
    if signer is None:
        # Where nobody signs yet that is no mistake of this clone.
        severity: Severity = "warning" if signers.allowed else "advice"
        what = "no signing key is set: git's user.signingkey with gpg.format ssh"
        why = "what you release, promote and approve counts as unverified; gates that need people fail"
        yield Problem(NAME, severity, what, why, _SET_UP)
    elif not signer.is_known:
        what = f"the allowed signers of the default branch do not know the key of {signer.principal}"
        why = "your signatures prove nothing to others"
        yield Problem(NAME, "warning", what, why, f"{_SET_UP} writes your line; it counts when it is merged")
