"""Characters of private use mean what a font decides, and noncharacters mean nothing.

They come from icon fonts and broken conversions. A reviewer sees an empty box, or another sign than the
author, and no model knows either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.characters import named, place_in, text_of
from promptctl.checks.rule import FileRule, Problem

_PRIVATE = re.compile(
    "[\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe-\U000dffff"
    "\U000e1000-\U0010ffff]"
)


def _find(path: str, content: bytes) -> Iterator[Problem]:
    text = text_of(content)
    for match in _PRIVATE.finditer(text):
        yield Problem(
            path, place_in(text, match.start()), f"{named(match[0])} means nothing outside of a font"
        )


RULE = FileRule(
    "PC083",
    "text holds assigned characters only",
    "write the sign or the word that is meant",
    "warning",
    find=_find,
)
