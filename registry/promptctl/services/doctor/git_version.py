"""Git is new enough."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.errors import Unavailable
from promptctl.services.doctor.problem import Problem, Subject

NAME = "git"


def check(subject: Subject) -> Iterator[Problem]:
    """Ask git. One that is missing, or too old to say where a repository is, is refused before."""
    try:
        subject.repository.git.require_version()
    except Unavailable as error:
        yield Problem(NAME, "error", error.message, "commands that promptctl uses are not there", error.hint)
