"""The line of a file that a finding is about, and a caret below its column."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from itertools import accumulate

TAB = "    "
UNKNOWN = "�"
MARKS_LENGTH = 4
"""No script stacks more marks on one character; more of them would be drawn over other lines."""
_JOINERS = "\u200c\u200d"
_EMOJI_STYLES = "\ufe0e\ufe0f"


class Lines:
    """The lines of a registry's files, by path and number, counted from 1.

    `hidden` are paths of files of which no line must be shown.
    """

    def __init__(self, sources: Mapping[str, bytes], hidden: Collection[str] = ()) -> None:
        self._sources = sources
        self._hidden = frozenset(hidden)
        self._path = ""
        self._lines: list[bytes] = []

    def __call__(self, path: str, number: int) -> str | None:
        """Return a line without what ends it; `None` where there is none to show."""
        if not number or path in self._hidden or path not in self._sources:
            return None
        if path != self._path:  # findings are sorted by path: the lines of one file are enough
            self._path, self._lines = path, self._sources[path].split(b"\n")
        if number > len(self._lines):
            return None
        return self._lines[number - 1].removesuffix(b"\r").decode("utf-8", "replace")


def pointed(line: str, column: int, width: int) -> tuple[str, str]:
    """Return a line as a terminal can show it, and the line with the caret below its column.

    Both take at most `width` columns, of which there are at least four. Of a longer line the part around
    the caret is left, with … where it was cut. `column` counts characters from 1; behind the end it is the
    end, and 0 has no caret. Takes time in proportion to `width`, however long the line.
    """
    at = min(max(column - 1, 0), len(line))
    start, end = max(at - width, 0), min(at + width, len(line))
    cells = _cells(line[start:end])
    if column and at == len(line):
        cells.append(("", 1))  # the caret takes a column of its own
    ends = list(accumulate((columns for _, columns in cells), initial=0))
    at -= start
    while column and at and not cells[at][1]:  # a mark is pointed at where its character is
        at -= 1
    first, last = _view(ends, at, width, before=start > 0, after=end < len(line))
    cut, more = start > 0 or first > 0, end < len(line) or last < len(cells)
    text = "".join(sign for sign, _ in cells[first:last])
    caret = " " * (ends[at] - ends[first] + cut) + "^" if column else ""
    return f"{'…' * cut}{text}{'…' * more}", caret


def _view(ends: list[int], at: int, width: int, *, before: bool, after: bool) -> tuple[int, int]:
    """Return the first and the last (exclusive) of the cells to show, so that they and the signs of a cut
    fit and the cell at `at` is among them. `ends` has the columns up to each cell, and up to the end.
    """
    first, last = 0, len(ends) - 1
    if ends[-1] + before + after <= width:
        return first, last
    ahead = min(ends[-1] - ends[at] + after, max(width // 3, 3))  # what follows explains more than what leads
    while first < at and ends[at] - ends[first] + (before or first > 0) + ahead > width:
        first += 1
    room = width - (before or first > 0)
    while last > at + 1 and ends[last] - ends[first] + (after or last < len(ends) - 1) > room:
        last -= 1
    return first, last


def _cells(text: str) -> list[tuple[str, int]]:
    """Return what to print for each character, and how many columns it takes."""
    cells: list[tuple[str, int]] = []
    marks = 0
    for place, sign in enumerate(text):
        cell = _cell(sign, text[place - 1] if place else "")
        marks = 0 if cell[1] else marks + 1
        cells.append(cell if marks <= MARKS_LENGTH else (UNKNOWN, 1))
    return cells


def _cell(sign: str, previous: str) -> tuple[str, int]:
    if " " <= sign <= "~":
        return sign, 1
    if sign == "\t":
        return TAB, len(TAB)
    category = unicodedata.category(sign)
    if sign in _JOINERS and previous and unicodedata.category(previous)[0] in "LM":
        return sign, 0
    if sign in _EMOJI_STYLES:
        return "", 0  # terminals disagree about the width of what they change
    if "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef":
        return UNKNOWN, 1
    if category[0] == "C" or category in {"Zl", "Zp"}:
        return UNKNOWN, 1
    if category in {"Mn", "Me"} or "\u1160" <= sign <= "\u11ff":
        return sign, 0
    return sign, 2 if unicodedata.east_asian_width(sign) in "WF" else 1
