"""Git knows who works here."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.services.doctor.problem import Problem, Subject

NAME = "identity"


def check(subject: Subject) -> Iterator[Problem]:
    """Look where git looks: the environment, then the configuration."""
    environ, last = subject.repository.git.environ, subject.repository.configuration.last
    if not (environ.get("GIT_COMMITTER_EMAIL") or last("user.email")):
        yield Problem(
            NAME,
            "error",
            "git does not know who you are: user.email is not set",
            "every release and promotion says who made it, and none is made without",
            "git config --global user.email you@example.com",
        )
    elif not (environ.get("GIT_COMMITTER_NAME") or last("user.name")):
        yield Problem(
            NAME,
            "advice",
            "git does not know your name: user.name is not set",
            "your e-mail stands in its place in the history",
            'git config --global user.name "Your Name"',
        )
