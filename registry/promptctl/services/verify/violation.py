"""What is not as it was released, promoted or recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from promptctl.errors import RefusedError, StoppedError, UsageError

UNREADABLE = (UsageError, StoppedError, RefusedError, ValueError)
"""What reading something that was forged may raise."""


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """Something that is not what promptctl wrote. `where` is an environment, a tag or a branch."""

    where: str
    code: str
    message: str


def guarded(where: str, violations: Iterable[Violation], *, code: str = "unreadable") -> Iterator[Violation]:
    """Yield violations; what cannot be looked at is one more."""
    try:
        yield from violations
    except UNREADABLE as error:
        yield Violation(where, code, str(error))
