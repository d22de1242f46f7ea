"""Bidirectional controls let a line be shown in another order than it is read.

A reviewer sees one text and the model another (CVE-2021-42574, "Trojan Source"). Right-to-left languages do
not need them: the order follows from the letters. The marks U+200E, U+200F and U+061C reorder no other text
and may stand beside right-to-left letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.characters import named, place_in, text_of
from promptctl.checks.rule import FileRule, Problem

_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def _find(path: str, content: bytes) -> Iterator[Problem]:
    text = text_of(content)
    for match in _CONTROLS.finditer(text):
        yield Problem(path, place_in(text, match.start()), f"the bidi control {named(match[0])}")


RULE = FileRule(
    "PC077",
    "text holds no controls that change its order",
    "remove it; letters know their direction",
    find=_find,
)
