"""A carriage return alone ends a line for some editors and for nobody else.

What stands before it can be painted over in a terminal, so a review would see other text than the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem, place_of

_ALONE = re.compile(rb"\r(?!\n)")


def _find(path: str, content: bytes) -> Iterator[Problem]:
    first = _ALONE.search(content) if b"\r" in content else None
    if first:
        count = content.count(b"\r") - content.count(b"\r\n")
        message = f"{count:,} carriage returns without a line feed, the first here"
        one = "a carriage return without a line feed"
        yield Problem(path, place_of(content, first.start()), message if count > 1 else one)


RULE = FileRule(
    "PC075", "no line ends with a carriage return alone", "end the line with LF", find=_find, stops=True
)
