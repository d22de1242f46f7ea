"""`regex`: a pattern matches somewhere in the answer.

Suites are shared with tools that read patterns as ECMAScript does, so the common differences are bridged:
`$` is the very end, `\\d`, `\\w` and `\\b` know ASCII only, and groups are named `(?<name>…)`.
"""

from __future__ import annotations

import re
from typing import Any

from promptctl.scorers.answer import Check

_PATTERN_LENGTH = 1_000
_TEXT_LENGTH = 20_000  # Python's matcher backtracks: a bad pattern must not meet a long text
_DIFFERENT = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|(?P<end>\$)|(?P<named>\(\?<(?![=!]))", re.DOTALL)


def make(value: Any, _threshold: float | None) -> Check:
    """Search in the first 20,000 characters of the answer."""
    if not isinstance(value, str) or not value:
        raise ValueError("needs a pattern as its value")
    if len(value) > _PATTERN_LENGTH:
        raise ValueError(f"has a pattern of {len(value)} characters: at most {_PATTERN_LENGTH}")
    try:
        pattern = re.compile(_DIFFERENT.sub(_pythonic, value), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"has a pattern that cannot be read: {error}") from error
    return lambda answer: pattern.search(answer.text, 0, _TEXT_LENGTH) is not None


def _pythonic(match: re.Match[str]) -> str:
    if match["end"]:
        return r"\Z"
    return "(?P<" if match["named"] else match[0]
