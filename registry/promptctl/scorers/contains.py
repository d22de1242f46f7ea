"""`contains`: this text stands somewhere in the answer."""

from __future__ import annotations

from typing import Any

from promptctl.scorers.answer import Check
from promptctl.scorers.values import text_or_number


def make(value: Any, _threshold: float | None) -> Check:
    """Look for the text as it is written."""
    wanted = text_or_number(value)
    return lambda answer: wanted in answer.text
