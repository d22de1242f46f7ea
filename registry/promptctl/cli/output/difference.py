"""How a difference is shown: the changes of the contract first, changed text as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptctl.cli.output.layout import wrapped
from promptctl.cli.output.text import safe, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptctl.cli.context import Context
    from promptctl.model.contract import Change, Difference

_LINE_COLOURS = {"-": "red", "+": "green"}


def show_changes(
    context: Context, difference: Difference, texts: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Print the changes of a difference, those of the contract first; below each the lines of its text."""
    for change in difference.contract:
        colour = "red" if change.bump == "major" else "yellow"
        _say_change(context, change, f"contract: {change.where}: {change.what}", fg=colour)
    for change in difference.behaviour:
        _say_change(context, change, f"{change.where}: {change.what}")
        for line in (texts or {}).get(change.where, ()):
            _say_line(context, line)


def _say_change(context: Context, change: Change, text: str, **style: Any) -> None:
    indent = f"  {change.bump}   "
    for line in wrapped(text, context.width, indent=indent, hang=" " * len(indent)):
        say(context, line, **style)


def _say_line(context: Context, line: str) -> None:
    sign, text = line[:1], safe(line[1:])
    room = context.width - 12
    parts = wrapped(text, room) if len(text) > room else [text]
    for place, part in enumerate(parts or [""]):
        # A sign begins a line of the text; what is only too wide for the screen goes on behind a dotted bar.
        say(context, f"          {'┆' if place else sign} {part}".rstrip(), **_style(sign))


def _style(sign: str) -> dict[str, Any]:
    return {"fg": _LINE_COLOURS[sign]} if sign in _LINE_COLOURS else {}


def changes_json(
    difference: Difference, texts: Mapping[str, Sequence[str]] | None = None
) -> list[dict[str, Any]]:
    """Return the changes of a difference; `text` has the lines of a text that was compared."""
    sides = [("contract", each) for each in difference.contract]
    sides += [("behaviour", each) for each in difference.behaviour]
    return [
        {"part": part, "bump": each.bump, "where": each.where, "what": each.what}
        | ({"text": list(texts[each.where])} if texts and each.where in texts else {})
        for part, each in sides
    ]
