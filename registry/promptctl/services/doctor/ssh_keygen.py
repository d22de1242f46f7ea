"""`ssh-keygen`, which makes and verifies signatures, is there and new enough."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.errors import Unavailable
from promptctl.services.doctor.problem import Problem, Subject
from promptctl.sshsig import require_program

NAME = "ssh-keygen"


def check(subject: Subject) -> Iterator[Problem]:
    """Put a question to it that only a new one understands: no version is guessed from words."""
    try:
        require_program(subject.repository.git.environ)
    except Unavailable as error:
        why = "signatures of releases, locks and approvals can neither be made nor verified"
        yield Problem(NAME, "warning", error.message, why, error.hint)
