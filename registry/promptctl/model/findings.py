"""A finding: one thing that is wrong, or worth knowing, at one place of the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
