"""A changed text for people: words that go in `[-…-]`, that come in `{+…+}`, whole lines behind a sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from promptctl.cli.output.layout import NARROWEST
from promptctl.cli.output.text import safe, say

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.model.difference.words import Edit

LINES = 60
"""A changed text takes no more lines of the screen."""
_STAYS = 60
"""So many characters of a line are kept on either side of what changes in it."""
_MARKS = {"-": ("[-", "-]"), "+": ("{+", "+}"), " ": ("", "")}
_COLOURS = {"-": "red", "+": "green"}


class Piece(NamedTuple):
    """A stretch of one line that stays (space), goes (-) or comes (+)."""

    sign: str
    text: str


def show_edits(context: Context, edits: Sequence[Edit], indent: int) -> None:
    """Print a changed text; its lines begin with a sign, what is only too wide goes on behind a bar."""
    room = max(context.width - indent - 2, NARROWEST)
    printed = 0
    lines = list(_lines(edits))
    for place, line in enumerate(lines):
        rows = list(_wrapped(line, room))
        if printed + len(rows) > LINES and printed:
            words = f"… {len(lines) - place:,} more lines; -o json has them all"
            say(context, f"{' ' * indent}{words}")
            return
        printed += len(rows)
        for number, row in enumerate(rows):
            text = "".join(_styled(context, each) for each in row)
            say(context, f"{' ' * indent}{_gutter(context, line, number)} {text}".rstrip())


def _gutter(context: Context, line: Sequence[Piece], number: int) -> str:
    sign = _sign(line)
    return "┆" if number else _styled(context, Piece(sign, sign))


def _sign(line: Sequence[Piece]) -> str:
    signs = {each.sign for each in line}
    return signs.pop() if len(signs) == 1 else "~"


def _styled(context: Context, piece: Piece) -> str:
    colour = _COLOURS.get(piece.sign) if context.color else None
    return click.style(piece.text, fg=colour) if colour else piece.text


def _lines(edits: Sequence[Edit]) -> Iterator[list[Piece]]:
    """Yield the lines of the screen; what is replaced whole is two of them, first what goes."""
    line: list[Piece] = []
    for edit in edits:
        if edit.sign == "…":
            yield from _one_line(line)
            line = []
            yield [Piece(" ", "…")]
            continue
        *ends, rest = safe(edit.text).split("\n")
        for text in ends:
            line.append(Piece(edit.sign, text))
            if edit.sign != " " and len({each.sign for each in line if each.text}) > 1:
                line[-1] = Piece(edit.sign, f"{text}↵")
            yield from _one_line(line, is_whole=True)
            line = []
        if rest:
            line.append(Piece(edit.sign, rest))
    yield from _one_line(line)


def _one_line(line: list[Piece], *, is_whole: bool = False) -> Iterator[list[Piece]]:
    pieces = [each for each in line if each.text]
    signs = {each.sign for each in pieces}
    if not pieces:
        if is_whole:
            yield line[-1:]
    elif signs == {"-", "+"}:
        for sign in ("-", "+"):
            yield [Piece(sign, "".join(each.text for each in pieces if each.sign == sign))]
    elif len(signs) > 1:
        yield _shortened(pieces)
    else:
        yield [Piece(pieces[0].sign, "".join(each.text for each in pieces))]


def _shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """Leave out what stays far from what changes."""
    found = []
    for place, each in enumerate(pieces):
        ahead = _STAYS if place else 0
        behind = _STAYS if place < len(pieces) - 1 else 0
        if each.sign == " " and len(each.text) > ahead + behind + 10:
            head = each.text[:ahead].rpartition(" ")[0] or each.text[:ahead]
            tail = each.text[len(each.text) - behind :] if behind else ""
            tail = tail.partition(" ")[2] or tail
            found.append(Piece(" ", f"{head}{' ' if head else ''}…{' ' if tail else ''}{tail}"))
        else:
            found.append(each)
    return found


def _wrapped(line: Sequence[Piece], room: int) -> Iterator[list[Piece]]:
    """Yield rows of at most `room` columns, broken where blanks are or scripts have none."""
    if len(line) == 1 and line[0].sign == " " and len(line[0].text) > room:
        text = line[0].text
        line = [Piece(" ", f"{_fitting(text, room - 2)} …")]
    row: list[Piece] = []
    used = 0
    for piece in _marked(line):
        for word in _words(piece.text, room):
            width = _width(word)
            if used and used + width > room and not (word.isspace() and used + width <= room + 1):
                yield _stripped(row)
                row, used = [], 0
            if used or not word.isspace():
                row.append(Piece(piece.sign, word))
                used += width
    yield _stripped(row)


def _marked(line: Sequence[Piece]) -> Iterator[Piece]:
    """Put marks round what changes inside of a line."""
    if len(line) == 1:
        yield from line
        return
    for each in line:
        begin, end = _MARKS[each.sign]
        yield Piece(each.sign, f"{begin}{each.text}{end}")


def _stripped(row: list[Piece]) -> list[Piece]:
    return [*row[:-1], Piece(row[-1].sign, row[-1].text.rstrip())] if row else row


def _words(text: str, room: int) -> Iterator[str]:
    """Yield what is not broken: a word with the signs on it, or one character of a script without spaces."""
    from promptctl.model.difference.words import tokens

    kept = ""
    for token in tokens(text):
        if token.isspace() or _width(token) > len(token):
            yield from _pieces(kept, room)
            kept = ""
            yield " " if token.isspace() and len(token) == 1 else token
        else:
            kept += token
    yield from _pieces(kept, room)


def _pieces(word: str, room: int) -> Iterator[str]:
    """Break a word only where it is wider than the screen."""
    yield from (word[start : start + room] for start in range(0, len(word), room))


def _width(text: str) -> int:
    from unicodedata import combining, east_asian_width

    if text.isascii():
        return len(text)
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _fitting(text: str, room: int) -> str:
    """Return the beginning of a text that fits, broken at a blank where there is one."""
    short = text[:room]
    while _width(short) > room:
        short = short[:-1]
    return short.rpartition(" ")[0] or short
