"""`contains-all`: every one of these texts stands in the answer."""

from __future__ import annotations

from typing import Any

from promptctl.scorers.answer import Check
from promptctl.scorers.values import texts


def make(value: Any, _threshold: float | None) -> Check:
    """Look for each text as it is written."""
    wanted = texts(value)
    return lambda answer: all(each in answer.text for each in wanted)
