"""Tag characters are a second alphabet that nothing shows and models read.

Whole instructions can be written in it between two visible letters. They have one use: in the flags of
England, Scotland and Wales, where they may stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.characters import place_in, text_of
from promptctl.checks.rule import FileRule, Problem

_BLACK_FLAG = "\U0001f3f4"
_FLAGS = frozenset(
    "".join(chr(0xE0000 + ord(each)) for each in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_TAGS = re.compile("[\U000e0000-\U000e007f]+")


def _find(path: str, content: bytes) -> Iterator[Problem]:
    text = text_of(content)
    for match in _TAGS.finditer(text):
        if match[0] not in _FLAGS or text[match.start() - 1 : match.start()] != _BLACK_FLAG:
            hidden = "".join(chr(ord(each) - 0xE0000) for each in match[0][:40])
            said = "".join(each for each in hidden if each.isprintable())
            message = f"invisible tag characters, which say {said!r}" if said else "invisible tag characters"
            yield Problem(path, place_in(text, match.start()), message)


RULE = FileRule("PC078", "text holds no invisible tag characters", "remove them", find=_find)
