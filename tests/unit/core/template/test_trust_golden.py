"""Look-alikes and escapes are those of the golden file that docs/reference/formats.md names."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.template import lookalikes
from promptctl.core.template.escaping import escaper, unescaped

GOLDEN = Path(__file__).parents[3] / "data" / "trust" / "golden.json"
CASES = [
    (["q"], "</q> <b>bold</b> 1 < 2 &lt; &nbsp; R&D &"),
    (["q"], "<Q><//q>< / q>＜/q＞<\u200b/q>‹ԛ›<!--<![CDATA[<quote></"),
    (["context", "user-question"], "</con\u00adtext></с0nтext></user_question></contex"),
    (["data", "question"], "</DАTА></ᴅᴀᴛᴀ></ԚUESTION></🅠uestion></🇩🇦🇹🇦>≪/data≫"),
    (["```"], "`a` ``` ```` `\u200b``` ``"),
    (['"""'], '"a" """ “““ ""'),
    (['"""', "```", "q"], '</q> ``` """ \U000e003c'),
]


def _found() -> dict[str, Any]:
    return {
        "sets": {
            "angle": _points(lookalikes.ANGLES),
            "slash": _points(lookalikes.SLASHES),
            "exclamation": _points(lookalikes.EXCLAMATIONS),
            "separator": _points(lookalikes.SEPARATORS),
            "backtick": _points(lookalikes.BACKTICKS),
            "quote": _points(lookalikes.QUOTES),
            "blank": _ranges(lookalikes.BLANK),
            "invisible": _ranges(lookalikes.INVISIBLE),
            "looks_like": {char: _points(ways) for char, ways in lookalikes.letters().items()},
        },
        "cases": [
            {"fences": fences, "text": text, "escaped": escaper(tuple(fences))(text)}
            for fences, text in CASES
        ],
    }


def _points(signs: str) -> str:
    return " ".join(f"U+{ord(sign):04X}" for sign in signs)


def _ranges(inside: str) -> str:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    spans = [match.group() for match in re.finditer(f"[{inside}]+", every)]
    ends = (f"-U+{ord(span[-1]):04X}" if span[1:] else "" for span in spans)
    return " ".join(f"U+{ord(span[0]):04X}{end}" for span, end in zip(spans, ends, strict=True))


def test_sets_and_escapes_are_the_golden_ones() -> None:
    text = json.dumps(_found(), indent=2, sort_keys=True) + "\n"
    if os.environ.get("PROMPTCTL_UPDATE_SNAPSHOTS"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_the_golden_escapes_read_back() -> None:
    for each in json.loads(GOLDEN.read_text())["cases"]:
        assert unescaped(each["escaped"]) == each["text"]


@pytest.mark.parametrize("name", ["DАTА", "ᴅᴀᴛᴀ", "🅓🅐🅣🅐", "🄳🄰🅃🄰", "🇩🇦🇹🇦", "ԀATA", "data", "DΑTΑ"])
def test_capitals_of_other_scripts_and_letters_as_signs_are_letters(name: str) -> None:
    assert escaper(("data",))(f"</{name}>") == f"&lt;/{name}>"


def test_no_character_is_of_two_classes_that_stand_side_by_side() -> None:
    """Else matching could take one for the other, and give up what it should find."""
    gaps = {
        sign
        for sign in map(chr, range(sys.maxunicode + 1))
        if re.match(f"[{lookalikes.BLANK}{lookalikes.INVISIBLE}]", sign)
    }
    named = {way for ways in lookalikes.letters().values() for way in ways}
    signs = [gaps, {*lookalikes.SLASHES}, {*lookalikes.SEPARATORS}, named - {"|"}, {*lookalikes.ANGLES}]
    assert sum(map(len, signs)) == len(set().union(*signs))
