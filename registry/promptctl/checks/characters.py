"""Characters that a text rarely needs: found once for all rules that look at them."""

from __future__ import annotations

import re
from functools import lru_cache

from promptctl.model.document import Place

_PLAIN = bytes([9, 10, 13, *range(32, 127)])
_UNUSUAL = re.compile(
    "[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe-\U000fffff"
    "\U00100000-\U0010ffff]"
)
"""Controls, marks that cannot be seen, private use and what is no character, Unicode 16."""


@lru_cache(maxsize=1)
def text_of(content: bytes) -> str:
    """Return the text of a file that holds at least one such character, and nothing for any other file."""
    if not content.translate(None, _PLAIN):
        return ""
    text = content.decode("utf-8", "replace")
    return text if _UNUSUAL.search(text) else ""


def place_in(text: str, index: int) -> Place:
    """Return the place of a character."""
    return Place(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def named(char: str) -> str:
    """Return how people look a character up: `U+200B`, with its name where it has one."""
    from unicodedata import name

    known = name(char, "")
    return f"U+{ord(char):04X} {known.lower()}".rstrip()
