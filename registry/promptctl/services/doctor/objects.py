"""Git's objects are all there and can be read."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.errors import Unavailable
from promptctl.services.doctor.problem import Problem, Subject

NAME = "objects"
LIMIT_S = 30.0
_SHOWN = 3


def check(subject: Subject) -> Iterator[Problem]:
    """Let git follow every link, without reading file contents, for half a minute at most."""
    words = ("fsck", "--connectivity-only", "--no-dangling", "--no-progress", "--no-reflogs")
    try:
        result = subject.repository.git.call(*words, timeout_s=LIMIT_S)
    except Unavailable as error:
        yield Problem(
            NAME, "advice", error.message, "so it is not known whether objects are damaged", "git fsck"
        )
        return
    if result.returncode:
        said = [*result.stdout.decode("utf-8", "replace").splitlines(), *result.words.splitlines()]
        said = said or ["git fsck found something and said nothing"]
        more = f"\n… and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
        fix = "git fsck --full names all; a new clone of the remote brings sound ones"
        why = "releases or history cannot be read here"
        yield Problem(NAME, "error", "\n".join(said[:_SHOWN]) + more, why, fix)
