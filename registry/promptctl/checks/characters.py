"""Characters that a text rarely needs: found once for all rules that look at them."""

from __future__ import annotations

import re
from functools import lru_cache

from promptctl.model.document import Place

_PLAIN = bytes([9, 10, 13, *range(32, 127)])
_UNUSUAL = re.compile(
    rb"[\x01-\x1f\x7f\xee\xef\xf1-\xf4]|\xc2[\x80-\x9f\xad]|\xcd\x8f|\xd8\x9c"
    rb"|\xe1(?:\x85[\x9f\xa0]|\x9e[\xb4\xb5]|\xa0[\x8b-\x8f])|\xe2(?:\x80[\x8b-\x8f\xa8-\xae]|\x81[\xa0-\xaf])"
    rb"|\xe3\x85\xa4|\xf0(?:\x9b\xb2|\x9d\x85|[\x9f\xaf\xbf]\xbf[\xbe\xbf])"
)
"""Where controls, what cannot be seen, private use and noncharacters begin in UTF-8, and little else."""


@lru_cache(maxsize=1)
def text_of(content: bytes) -> str:
    """Return the text of a file that may hold such characters, and nothing for any other file."""
    rare = content.translate(None, _PLAIN)
    return content.decode("utf-8", "replace") if rare and _UNUSUAL.search(rare) else ""


def place_in(text: str, index: int) -> Place:
    """Return the place of a character."""
    return Place(text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def named(char: str) -> str:
    """Return how people look a character up: `U+200B`, with its name where it has one."""
    from unicodedata import name

    known = name(char, "")
    return f"U+{ord(char):04X} {known.lower()}".rstrip()
