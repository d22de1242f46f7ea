"""Escape sequences and backspaces change what a terminal shows of a file.

`git diff` and `cat` would show a reviewer other words than the file holds, or hide lines of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.characters import named, place_in, text_of
from promptctl.checks.rule import FileRule, Problem

_CONTROLS = re.compile("[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


def _find(path: str, content: bytes) -> Iterator[Problem]:
    text = text_of(content)
    for match in _CONTROLS.finditer(text):
        yield Problem(path, place_in(text, match.start()), f"the control character {named(match[0])}")


RULE = FileRule("PC081", "text holds no control characters of terminals", "remove it", find=_find, stops=True)
