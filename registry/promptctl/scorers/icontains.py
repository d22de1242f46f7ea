"""`icontains`: this text stands somewhere in the answer, in whatever case."""

from __future__ import annotations

from typing import Any

from promptctl.scorers.answer import Check
from promptctl.scorers.values import text_or_number


def make(value: Any, _threshold: float | None) -> Check:
    """Look for the text, both sides in lower case."""
    wanted = text_or_number(value).lower()
    return lambda answer: wanted in answer.text.lower()
