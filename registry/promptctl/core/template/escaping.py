"""Escapes a value so that no reader finds in it the delimiters that stand around it.

The rule is byte for byte in docs/reference/formats.md, "Trust". Whatever could begin, end or hide a delimiter
is written as a character reference, and what already looks like such a reference has its `&` written as one,
so `unescaped` gives the value back.
"""

from __future__ import annotations

import re
from functools import lru_cache

from promptctl.core.template.lookalikes import (
    ANGLES,
    BACKTICKS,
    BLANK,
    EXCLAMATIONS,
    INVISIBLE,
    QUOTES,
    SEPARATORS,
    SLASHES,
    TAG_ANGLE,
    letters,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable

BACKTICK_FENCE, QUOTE_FENCE = "```", '"""'
"""Fences of signs; every other fence is the name of a tag, in lower case."""

_NAMED = {"&": "&amp;", "<": "&lt;"}
_REFERENCE = r"&(?=(?:amp|lt|gt|quot|#[0-9]++|#x[0-9a-f]++);|(?:{tails})?\Z)"
_TAILS = "|".join((*(word[:end] for word in ("amp", "quot") for end in range(1, len(word) + 1)),
                   "l", "lt", "g", "gt", "#[0-9]*+", "#x[0-9a-f]*+"))  # fmt: skip
_NAMES = {"amp": "&", "lt": "<"}
_WRITTEN = re.compile(r"&(?:(amp|lt)|#([0-9]{2,6}));")


@lru_cache(maxsize=1024)
def escaper(fences: tuple[str, ...]) -> Callable[[str], str]:
    """A function that escapes a value for a place inside of all these fences, in time linear in its length.

    A delimiter that the value's end leaves unfinished is escaped too: what follows could finish it.
    """
    names = [each for each in fences if each not in {BACKTICK_FENCE, QUOTE_FENCE}]
    patterns, signs = [_REFERENCE.format(tails=_TAILS), TAG_ANGLE], "&" + TAG_ANGLE
    if names:
        patterns.append(_tags(names))
        signs += ANGLES
    for fence, alike in ((BACKTICK_FENCE, BACKTICKS), (QUOTE_FENCE, QUOTES)):
        if fence in fences:
            patterns.append(_run(alike))
            signs += alike
    replace = re.compile("|".join(patterns), re.IGNORECASE | re.ASCII).sub
    has_sign = re.compile(
        f"[{_class(signs)}]"
    ).search  # most texts have none, which is seen ten times as fast
    table = {ord(sign): _NAMED.get(sign, f"&#{ord(sign)};") for sign in signs}

    def escape(value: str) -> str:
        return replace(lambda match: match.group().translate(table), value) if has_sign(value) else value

    return escape


def unescaped(text: str) -> str:
    """The value that `escaper` made this of, for whatever fences."""
    return _WRITTEN.sub(lambda match: _NAMES.get(match[1]) or chr(int(match[2])), text)


def _tags(names: list[str]) -> str:
    """A `<` that begins one of these tags, a comment or a CDATA section.

    Between `<` and the name there may be anything that is blank, invisible or like a slash, and inside of the
    name anything that does not show; of what follows the name nothing is asked.
    """
    starts = [_name([*filter(str.isalnum, name)]) for name in names]
    hiding = f"[{EXCLAMATIONS}][{BLANK}{INVISIBLE}]*+(?:[{_class(SEPARATORS)}\\[［]|\\Z)"
    return f"[{ANGLES}](?=[{BLANK}{INVISIBLE}{_class(SLASHES)}]*+(?:{'|'.join(starts)}|{hiding}|\\Z))"


def _name(chars: list[str]) -> str:
    """The letters of a name in a row; the text may end after each of them but the last."""
    gap = f"[{BLANK}{INVISIBLE}{_class(SEPARATORS)}]*+"
    *firsts, last = (f"[{_class(letters()[char])}]" for char in chars)
    pattern = last
    for way in reversed(firsts):
        pattern = f"{way}{gap}(?:{pattern}|\\Z)"
    return pattern


def _run(signs: str) -> str:
    """Three or more of these signs in a row, and however many where the value begins or ends."""
    sign, gap = f"[{_class(signs)}]", f"[{INVISIBLE}]*+"
    return f"\\A{gap}{sign}(?:{gap}{sign})*+|{sign}(?:{gap}{sign}){{2,}}+|{sign}(?:{gap}{sign})?+{gap}\\Z"


def _class(signs: str) -> str:
    return re.escape(signs)
