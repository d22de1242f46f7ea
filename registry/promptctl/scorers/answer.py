"""What a scorer is given, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer and how long it took."""

    text: str
    latency_ms: float = 0.0


Check = Callable[[Answer], bool]
"""Says whether an answer is as asserted."""

MakeCheck = Callable[[Any, float | None], Check]
"""Makes a check of an assertion's value and threshold; raises `ValueError` where they make no sense."""
