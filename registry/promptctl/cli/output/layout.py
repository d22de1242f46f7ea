"""Text for a terminal of a certain width: cut, wrapped, in blocks."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from promptctl.cli.output.text import columns, safe, say

if TYPE_CHECKING:
    from promptctl.cli.context import Context

NARROWEST = 20
_PERCENT, _UNBROKEN = " %", "\N{NO-BREAK SPACE}%"


def shortened(text: str, width: int) -> str:
    """Return one line of at most `width` characters."""
    line = " ".join(safe(text).split())
    return line if len(line) <= width else line[: max(width - 1, 0)].rstrip() + "…"


def wrapped(text: str, width: int, *, indent: str = "", hang: str | None = None) -> list[str]:
    """Return prose as lines of at most `width` columns; `hang` begins every line after the first."""
    lines = textwrap.wrap(
        safe(text).replace(_PERCENT, _UNBROKEN),  # a number stays with its sign
        max(width, NARROWEST),
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_on_hyphens=False,
        break_long_words=False,  # addresses and digests are copied
    )
    return [
        safe(each.replace(_UNBROKEN, _PERCENT)) for each in lines
    ]  # where a line now begins, there was a blank


def say_wrapped(
    context: Context, text: str, *, indent: str = "", hang: str | None = None, **style: Any
) -> None:
    """Print prose as wide as the terminal, like `wrapped`."""
    for line in wrapped(text, context.width, indent=indent, hang=hang):
        say(context, line, **style)


def verbatim(text: str, width: int, *, indent: str = "  ") -> Iterator[str]:
    """Yield every line of a text behind a bar; what is wider goes on behind a dotted one."""
    room = max(width - len(indent) - 2, NARROWEST)
    for line in safe(text).split("\n"):
        parts = textwrap.wrap(
            line, room, drop_whitespace=False, replace_whitespace=False, break_on_hyphens=False, tabsize=4
        ) or [""]
        for place, part in enumerate(parts):
            yield f"{indent}{'┆' if place else '│'} {part}".rstrip()


def table(rows: Sequence[Sequence[str]], width: int, *, indent: int = 0) -> list[str]:
    """Return rows in columns of at most `width`: the last column is cut to fit, then the first."""
    ahead = columns([row[:-1] for row in rows], indent=indent)
    used = max(map(len, ahead), default=0)
    room = width - used - 2
    if room < NARROWEST:
        first = max((len(row[0]) for row in rows), default=0)
        narrower = max(first - (NARROWEST - room), NARROWEST)
        if narrower < first:
            rows = [(shortened(row[0], narrower), *row[1:]) for row in rows]
            used = max(map(len, columns([row[:-1] for row in rows], indent=indent)), default=0)
    room = max(width - used - 2, 0)
    return columns([(*row[:-1], shortened(row[-1], room)) for row in rows], indent=indent)
