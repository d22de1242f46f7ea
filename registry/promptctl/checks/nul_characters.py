"""A NUL character ends the text for many programs and not for others.

What stands behind it would be reviewed by one and run by the other.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem, place_of


def _find(path: str, content: bytes) -> Iterator[Problem]:
    if b"\0" in content:
        yield Problem(path, place_of(content, content.index(b"\0")), "holds a NUL character")


RULE = FileRule("PC003", "a file holds no NUL character", "remove it", find=_find, stops=True)
