"""A finding: one thing that is wrong, or worth knowing, at one place of the registry."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from promptctl.errors import StoppedError

Severity = Literal["error", "warning"]

FINDINGS_PER_FILE = 20
"""Reading a file stops after so many: a hostile file must not fill the screen."""
MESSAGE_LENGTH = 400
"""Longer messages and hints, which only hold what somebody wrote, are cut."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Sorts by place. `line` and `column` count from 1; 0 means the whole file."""

    path: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"

    def __post_init__(self) -> None:
        for name in ("message", "hint"):
            text = getattr(self, name)
            if len(text) > MESSAGE_LENGTH:
                object.__setattr__(self, name, f"{text[: MESSAGE_LENGTH - 1]}…")

    @property
    def where(self) -> str:
        """`path:3:7`, as far as the place is known: `path:3`, or `path` alone."""
        places = (each for each in (self.line, self.column if self.line else 0) if each)
        return ":".join([self.path, *map(str, places)])


def printable(path: str) -> str:
    """Return a path with what is not UTF-8 in it replaced, so that it can be printed anywhere."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def refusal(findings: Collection[Finding], *, prefix: str = "") -> StoppedError:
    """Return the refusal of what has these findings, of which there is at least one: it quotes the first.

    `prefix` says before it what was refused.
    """
    first, more = min(findings), len(findings) - 1
    return StoppedError(
        f"{prefix}{first.where}: {first.message}{f' (and {more} more)' if more else ''}",
        hint="promptctl validate" if more else first.hint or "promptctl validate",
    )
