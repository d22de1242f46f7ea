"""This clone has its history."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.services.doctor.problem import Problem, Subject

NAME = "history"


def check(subject: Subject) -> Iterator[Problem]:
    """Read what git says of itself."""
    layout, remote = subject.repository.layout, subject.repository.refs.remote
    if layout.is_shallow:
        yield Problem(
            NAME,
            "advice",
            "this clone is shallow: it does not have all commits",
            "history and blame end early, and approvals cannot tell who wrote what",
            f"git fetch --unshallow {remote}".rstrip(),
        )
