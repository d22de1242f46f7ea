"""Two texts compared: line by line first, then word by word where lines were replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from promptctl.model.difference.alignment import aligned

CONTEXT_LINES = 2
_KEPT = 0.25
"""Where less of the characters than this stays, one text was put in place of another."""

Sign = Literal[" ", "-", "+", "…"]

# Thai, Lao, Myanmar, Khmer, Japanese and Chinese are written without spaces: one character is a word there.
_LONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
)
_TOKEN = re.compile(
    r"\{\{[^\n{}]{0,200}\}\}|\{%[^\n{}]{0,200}%\}"  # a tag of the template
    rf"|[{_LONE}][{_MARKS}]{{0,8}}"
    rf"|(?:(?![{_LONE}])\w)(?:(?![{_LONE}])[\w'’\u0300-\u036f]){{0,200}}"
    r"|[^\S\n]+|\n|."
)


class Edit(NamedTuple):
    """A stretch of text that stays (space), goes (-) or comes (+); `…` stands for lines left out."""

    sign: Sign
    text: str


def tokens(text: str) -> list[str]:
    """Return words, white space, signs and template tags, which together are the text.

    Scripts without spaces are taken character by character, each with the marks on it.
    """
    return _TOKEN.findall(text)


def edits(before: str, after: str) -> tuple[Edit, ...]:
    """Return the words that differ, with two lines round them. Together the texts of `-` and space are
    stretches of `before`, those of `+` and space of `after`.
    """
    found: list[Edit] = []
    for hunk in _hunks(_lines(before), _lines(after)):
        if hunk is None:
            found.append(Edit("…", ""))
            continue
        old, new = hunk
        found += [Edit(" ", old)] if old == new else _words(old, new)
    return tuple(_joined(found))


def line_edits(before: str, after: str) -> tuple[str, ...]:
    """Return the lines that differ, each with its sign, and two lines round them; `…` is lines left out."""
    found: list[str] = []
    for hunk in _hunks(_lines(before), _lines(after)):
        if hunk is None:
            found.append("…")
            continue
        old, new = (_split(side) for side in hunk)
        same = old == new
        found += [f" {line}" for line in old] if same else [f"-{line}" for line in old]
        found += [] if same else [f"+{line}" for line in new]
    return tuple(found)


def _lines(text: str) -> list[str]:
    """Return the lines, each with its end; the last has none."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]]


def _split(hunk: str) -> list[str]:
    return hunk.removesuffix("\n").split("\n") if hunk else []


def _hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str] | None]:
    """Yield (before, after) of stretches of lines, and None for lines left out between them."""
    blocks = aligned(before, after)
    for place, each in enumerate(blocks):
        old = before[each.at : each.at + each.old]
        if not each.is_equal:
            yield "".join(old), "".join(after[each.to : each.to + each.new])
            continue
        ahead = 0 if place == 0 else CONTEXT_LINES
        behind = 0 if place == len(blocks) - 1 else CONTEXT_LINES
        if len(old) <= ahead + behind:
            yield "".join(old), "".join(old)
            continue
        for part, wanted in (
            (old[:ahead], ahead),
            (None, place and behind),
            (old[len(old) - behind :], behind),
        ):
            if not wanted:
                continue
            yield None if part is None else ("".join(part), "".join(part))


def _words(before: str, after: str) -> list[Edit]:
    old, new = tokens(before), tokens(after)
    found = []
    for each in aligned(old, new):
        gone, come = old[each.at : each.at + each.old], new[each.to : each.to + each.new]
        if each.is_equal:
            found.append(Edit(" ", "".join(gone)))
        else:
            found += [Edit("-", "".join(gone))] if gone else []
            found += [Edit("+", "".join(come))] if come else []
    found = _without_specks(found)
    kept = sum(len(each.text) for each in found if each.sign == " " and each.text.strip())
    if kept < _KEPT * min(len(before), len(after)):
        ends = "\n" if before.endswith("\n") and after.endswith("\n") else ""
        whole = (Edit("-", before.removesuffix(ends)), Edit("+", after.removesuffix(ends)), Edit(" ", ends))
        return [each for each in whole if each.text]
    return found


def _without_specks(found: Sequence[Edit]) -> list[Edit]:
    """Take a lone blank or sign between two replacements for replaced as well."""
    signs = [each.sign for each in found]
    merged: list[Edit] = []
    for place, each in enumerate(found):
        is_speck = (
            each.sign == " "
            and 0 < place < len(found) - 1
            and not any(sign.isalnum() or sign == "\n" for sign in each.text)
            and {"-", "+"} <= {*signs[max(place - 2, 0) : place]}
            and {"-", "+"} <= {*signs[place + 1 : place + 3]}
        )
        merged += [Edit("-", each.text), Edit("+", each.text)] if is_speck else [each]
    return list(_joined(merged))


def _joined(found: Iterable[Edit]) -> Iterator[Edit]:
    """Join neighbours of one sign; of a replacement what goes stands before what comes."""
    for is_change, group in groupby(found, key=lambda each: each.sign in "-+"):
        if is_change:
            sides = list(group)
            for sign in ("-", "+"):
                text = "".join(each.text for each in sides if each.sign == sign)
                if text:
                    yield Edit(sign, text)
            continue
        for sign, run in groupby(group, key=lambda each: each.sign):
            yield Edit(sign, "".join(each.text for each in run))
