"""What a reader takes for an ASCII sign or letter, and what none sees (docs/reference/formats.md, "Trust").

The sets are closed: they name code points that Unicode assigned long ago, so every Python gives the same
bytes.
"""

from __future__ import annotations

from functools import cache

ANGLES = "<«˂ᐸ‹≪≮≺⋖⋘⟨⟪⦑⪡⦉⧼⩹〈❬❮❰〈《﹤＜"
SLASHES = "/\\⁄∕╱⟋⧵⧸⧹﹨／＼"
EXCLAMATIONS = "!ǃ︕﹗！"
BACKTICKS = "`ˋ‵\u1fef｀"
QUOTES = '"ʺˮ״“”„‟″‶〃〝〞〟❝❞＂'
SEPARATORS = "-_.‐‑‒–—―−‿⁀·﹍﹎﹏﹘﹣－．＿"
TAG_ANGLE = "\U000e003c"
"""The invisible twin of `<`: nobody but a model reads it, so it is never left as it is."""

INVISIBLE = (
    "\\x00-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\xad\u0300-\u036f\u0483-\u0489\u0600-\u0605\u061c\u06dd\u070f"
    "\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u2800\u3164\ua66f-\ua672\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0"
    "\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e003b\U000e003d-\U000e0fff"
)
"""Controls, format characters, fillers and combining marks, as the inside of a regex's class."""
BLANK = "\\t-\\r \\x85\\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""White space, likewise."""

_BLOCKS = (  # where Unicode has letters and digits of another shape that decompose to ASCII ones
    (0x00AA, 0x00BA), (0x00C0, 0x024F), (0x02B0, 0x02E3), (0x1D2C, 0x1D6A), (0x1E00, 0x1EFF),
    (0x2070, 0x209C), (0x2100, 0x214F), (0x2160, 0x217F), (0x2460, 0x24EA), (0xFF10, 0xFF5A),
    (0x1D400, 0x1D7FF), (0x1F130, 0x1F149),
)  # fmt: skip
_ALPHABETS = (0x1F150, 0x1F170, 0x1F1E6)
"""Where the letters from A to Z stand as signs: in black circles, in black squares, as halves of flags."""
_SMALL_CAPITALS = dict(zip("abcdeghijklmnoprstuvwyz", "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", strict=True))
_OTHERS = {  # letters of other scripts in either case, and ASCII ones that look alike
    "a": "аαɑАΑⱭ", "b": "ЬЪВвβьъΒ", "c": "сСϲϹ", "d": "ԁɗԀƊ", "e": "еЕεΕєҽЄҼ", "f": "ƒϝƑϜ", "g": "ɡԍꞬԌ",
    "h": "һНнΗհҺηՀ", "i": "іІїιΙıɩӏӀl1|ЇƖ", "j": "јЈϳͿ", "k": "кКκΚ", "l": "ӏӀІΙιı1iI|ⅼіⅬ", "m": "мМΜμ",
    "n": "ոпηΝՈПΗν", "o": "оОοΟօ0Օ", "p": "рРρΡ", "q": "ԛգԚԳ", "r": "гᴦГ", "s": "ѕЅꜱ", "t": "тТτΤ",
    "u": "υսцΥՍЦ", "v": "νѵΝѴ", "w": "ԝѡωԜѠΩ", "x": "хХχΧ", "y": "уУγΥүΓυҮ", "z": "ᴢΖζ", "0": "oOоОοΟ",
    "1": "lLiI|ӏІӀі", "3": "зЗ", "6": "бБ",
}  # fmt: skip


@cache
def letters() -> dict[str, str]:
    """Every way to write an ASCII letter or digit, either case, by the lower-case one."""
    from unicodedata import category, normalize

    found = {char: {char, char.upper()} for char in "abcdefghijklmnopqrstuvwxyz0123456789"}
    for first, last in _BLOCKS:
        for code in range(first, last + 1):
            plain = [char for char in normalize("NFKD", chr(code)) if category(char)[0] != "M"]
            if len(plain) == 1 and plain[0].isascii() and plain[0].isalnum():
                found[plain[0].lower()].add(chr(code))
    for first in _ALPHABETS:
        for place, char in enumerate("abcdefghijklmnopqrstuvwxyz"):
            found[char].add(chr(first + place))
    for char, other in _SMALL_CAPITALS.items():
        found[char].add(other)
    for char, others in _OTHERS.items():
        found[char].update(others)
    return {char: "".join(sorted(ways)) for char, ways in found.items()}
