"""How a difference is shown: by section, a line for each change, changed text word by word."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from promptctl.cli.output.edits import show_edits
from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.text import safe, say
from promptctl.core.written import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptctl.cli.context import Context
    from promptctl.model.difference.change import Change, Difference
    from promptctl.model.findings import Finding
    from promptctl.services.compared import Compared

_NO_BEHAVIOUR = frozenset({"suite", "cases", "pipeline"})
_BUMP_COLOURS = {"major": "red", "minor": "yellow"}
_CHANGES = 40
"""So many changes of a section are shown, and all that are marked: no crowd hides them."""


def show_changes(context: Context, difference: Difference, *, root: str, texts: bool = True) -> None:
    """Print every change by section and artifact, `root` first; with `texts` also how texts changed."""
    for section, changes in groupby(difference.changes, key=lambda each: each.section):
        say(context, f"  {section}", bold=True)
        listed = list(changes)
        shown = [each for place, each in enumerate(listed) if place < _CHANGES or each.loosens]
        for address, group in _by_address(shown):
            inner = address not in ("", root)
            if inner:
                say(context, f"    {safe(address)}")
            for change in group:
                _show_change(context, change, indent=6 if inner else 4, texts=texts)
        if len(listed) > len(shown):
            say(context, f"    … and {len(listed) - len(shown):,} more; -o json has them all")


def _by_address(changes: Sequence[Change]) -> Iterable[tuple[str, list[Change]]]:
    """Group neighbours by the artifact that they are in; changes of the contract are in none."""
    grouped = groupby(
        changes, key=lambda each: each.where.partition(": ")[0] if each.section != "contract" else ""
    )
    return ((address, list(group)) for address, group in grouped)


def _show_change(context: Context, change: Change, *, indent: int, texts: bool) -> None:
    words = _words(change)
    colour = None
    if change.section == "contract":
        colour = _BUMP_COLOURS.get(change.bump or "")
        words = f"{change.bump}  {words}"
    if change.loosens:
        colour, words = "red", f"{change.mark}  {words}"
    blank = " " * indent
    say_wrapped(context, words, indent=blank, hang=f"{blank}  ", fg=colour)
    if texts and change.texts is not None:
        from promptctl.model.difference.words import edits

        show_edits(context, edits(*change.texts), indent + 2)


def _words(change: Change) -> str:
    """Return the change as a sentence, or as `key: old → new`."""
    path = change.where.partition(": ")[2] or change.where
    is_key = change.section == "settings" or change.where.startswith("embedding.")
    is_key = is_key or (change.section == "dependencies" and "→" in change.what)
    return f"{path}: {change.what}" if is_key else change.what


def headline(compared: Compared) -> str:
    """Return one sentence about what a change of a release does to behaviour: the worst of it first."""
    if compared.before is None or compared.after is None:
        return "it served nothing before" if compared.before is None else "it serves no longer"
    changes = compared.difference.changes
    if not changes:
        return "the same behaviour"
    (first, *_) = (*compared.difference.loosened, *compared.difference.reasons, *changes)
    more = f", and {counted(len(changes) - 1, 'more change')}" if len(changes) > 1 else ""
    mark = f"{first.mark}: " if first.loosens else ""
    return f"{mark}{compared.difference.bump or 'minor'}: {_words(first)}{more}"


def show_refused(context: Context, findings: Sequence[Finding]) -> None:
    """Print what no release may change like that."""
    for each in findings:
        words = f"error {each.code}  {each.where}: {each.message}"
        say_wrapped(context, words, indent="  ", hang="    ", fg="red", bold=True)
        say_wrapped(context, f"→ {each.hint}", indent="    ", hang="      ", fg="cyan")


def show_marks(context: Context, difference: Difference) -> None:
    """Say at the end how many changes are marked, since they may stand far above."""
    for mark, listed in groupby(difference.loosened, key=lambda each: each.mark):
        count = len(list(listed))
        said = "1 change above allows" if count == 1 else f"{count} changes above allow"
        say(context, f"  {mark}: {said} more, or check{'s' if count == 1 else ''} less", fg="red")


def changes_json(difference: Difference, *, texts: bool = True) -> list[dict[str, Any]]:
    """Return the changes of a difference; with `texts`, `text` has the lines of a changed text, `words` its
    words, each with its sign (`…` for what is left out).
    """
    return [_change_json(each, texts=texts) for each in difference.changes]


def _change_json(change: Change, *, texts: bool) -> dict[str, Any]:
    part = change.section if change.section in _NO_BEHAVIOUR else "behaviour"
    plain: dict[str, Any] = {
        "part": "contract" if change.section == "contract" else part,
        "section": change.section,
        "bump": change.bump,
        "where": change.where,
        "what": change.what,
        "loosens": change.loosens,
    }
    if texts and change.texts is not None:
        from promptctl.model.difference.words import edits, line_edits

        plain["text"] = list(line_edits(*change.texts))
        plain["words"] = [[each.sign, each.text] for each in edits(*change.texts)]
    return plain
