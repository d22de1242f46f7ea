"""`equals`: the answer is this text, or JSON equal to this list or object."""

from __future__ import annotations

from typing import Any

from promptctl.core.canonical import dumps
from promptctl.scorers.answer import Answer, Check
from promptctl.scorers.is_json import NO_JSON, read_json
from promptctl.scorers.values import text_of


def make(value: Any, _threshold: float | None) -> Check:
    """Compare texts exactly, lists and objects by what they say."""
    if value is None:
        raise ValueError("needs a value")
    if not isinstance(value, list | dict):
        expected = text_of(value)
        return lambda answer: answer.text == expected
    canonical = dumps(value)
    return lambda answer: _canonical(answer) == canonical


def _canonical(answer: Answer) -> str | None:
    found = read_json(answer.text)
    try:
        return None if found is NO_JSON else dumps(found)
    except ValueError:  # a number too large for JSON's exact ones equals none of them
        return None
