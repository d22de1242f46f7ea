"""What a check finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promptctl.store.repository import Repository

Severity = Literal["error", "warning", "advice"]


@dataclass(frozen=True, slots=True)
class Repair:
    """What doctor can do itself, once somebody said yes to the question."""

    question: str
    act: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what and where, why it matters, and the command that helps.

    An error keeps promptctl from working or lets anybody step round it; a warning will hurt some day; advice
    is about what could be better.
    """

    check: str
    severity: Severity
    what: str
    why: str
    fix: str = ""
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined. `app` is the id of the GitHub App that promotes, where somebody gave it."""

    repository: Repository
    now: datetime
    app: int | None = None
