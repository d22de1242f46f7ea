"""A finding: one thing that is wrong, or worth knowing, at one place of the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

FINDINGS_PER_FILE = 20
"""Reading a file stops after so many: a hostile file must not fill the screen."""


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
