"""What cannot be seen is not reviewed, and changes what a model reads.

Some writing needs it, and there it may stand: joiners inside of emoji and in scripts that join their letters
(Arabic, Indic and others), zero-width spaces in scripts without spaces (Thai, Khmer and others), direction
marks beside right-to-left letters, and one variation selector behind the sign that it varies. Nothing has to
be declared: the letters around it say which script it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from unicodedata import bidirectional, category, name

from promptctl.checks.characters import named, place_in, text_of
from promptctl.checks.rule import FileRule, Problem

_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0080-\U000e0fff]"
)
# fmt: off
_JOINING = frozenset(
    (
        "ARABIC", "SYRIAC", "NKO", "MANDAIC", "MONGOLIAN", "PHAGS-PA", "MANICHAEAN", "DEVANAGARI",
        "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA",
        "KHMER", "MYANMAR", "TIBETAN", "BALINESE", "JAVANESE",
    )
)
_UNSPACED = frozenset(
    (
        "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "TAI", "BALINESE", "JAVANESE",
    )
)
# fmt: on
_KEYCAPS = frozenset("0123456789#*")
_Beside = Callable[[str, str], bool]


def _script(char: str) -> str:
    return name(char, "").partition(" ")[0] if char else ""


def _is_emoji(char: str) -> bool:
    return bool(char) and (category(char) == "So" or char == "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff")


def _joins(before: str, after: str) -> bool:
    return _script(before) in _JOINING or (_is_emoji(before) and _is_emoji(after))


def _marks_direction(before: str, after: str) -> bool:
    return any(each and bidirectional(each) in ("R", "AL") for each in (before, after))


def _varies(before: str, after: str) -> bool:  # noqa: ARG001 - the same shape as the others
    if "\ufe00" <= before <= "\ufe0f" or not before:
        return False
    return before in _KEYCAPS or (before > "\x7f" and category(before)[0] not in "CZ")


_MAY_STAND: dict[str, _Beside] = {
    "\u200b": lambda before, after: _script(before) in _UNSPACED or _script(after) in _UNSPACED,
    "\u200c": lambda before, _: _script(before) in _JOINING,
    "\u200d": _joins,
    **dict.fromkeys("\u200e\u200f\u061c", _marks_direction),
    **dict.fromkeys(map(chr, range(0xFE00, 0xFE10)), _varies),
    **dict.fromkeys(map(chr, range(0xE0100, 0xE01F0)), lambda before, _: _script(before) == "CJK"),
    **dict.fromkeys("\u180b\u180c\u180d\u180e\u180f", lambda before, _: _script(before) == "MONGOLIAN"),
    **dict.fromkeys("\u115f\u1160", lambda before, after: "HANGUL" in (_script(before), _script(after))),
    **dict.fromkeys("\u17b4\u17b5", lambda before, _: _script(before) == "KHMER"),
}


def _find(path: str, content: bytes) -> Iterator[Problem]:
    text = text_of(content)
    for match in _INVISIBLE.finditer(text):
        start, end = match.span()
        if start == 0 and match[0] == "\ufeff":
            continue  # PC002 has it
        may_stand = _MAY_STAND.get(match[0])
        if may_stand is None or not may_stand(text[start - 1 : start], text[end : end + 1]):
            yield Problem(path, place_in(text, start), f"the invisible character {named(match[0])}")


RULE = FileRule(
    "PC079", "invisible characters stand only where writing needs them", "remove it", "warning", find=_find
)
