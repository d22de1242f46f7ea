"""`starts-with`: the answer begins with this text."""

from __future__ import annotations

from typing import Any

from promptctl.scorers.answer import Check


def make(value: Any, _threshold: float | None) -> Check:
    """Compare the beginning, white space included."""
    if not isinstance(value, str) or not value:
        raise ValueError("needs a text as its value")
    return lambda answer: answer.text.startswith(value)
