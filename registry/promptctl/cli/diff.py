"""`promptctl diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.difference import changes_json, show_changes
from promptctl.cli.output.text import emit, safe, say
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import Ref, short_name

if TYPE_CHECKING:
    from promptctl.services.diff import Compared, Comparison, Side


@verb
@click.argument("before", metavar="REF")
@click.argument("after", metavar="REF")
def command(context: Context, before: str, after: str) -> None:
    """Say what changed in meaning from the first REF to the second, and the bump that it implies.

    A REF is NAME (the files), NAME@1.2.0, NAME@prod or NAME@git:REV; @staging and @prod compare everything
    that two environments serve. The exit code is 0 whatever it finds.

    \b
    promptctl diff support-answer@prod support-answer
    promptctl diff support-answer@1.0.0 support-answer@1.1.0
    promptctl diff @staging @prod
    """
    from promptctl.services.diff import diff

    with open_workspace(context) as workspace:
        found = diff(workspace, Ref.parse(before), Ref.parse(after))
    if context.output == "json":
        emit("diff", _plain(found))
    else:
        _show(context, found)


def _show(context: Context, found: Comparison) -> None:
    differing = [each for each in found.compared if each.outcome != "same"]
    for place, each in enumerate(differing):
        if place:
            say(context)
        _show_one(context, found, each)
    same = len(found.compared) - len(differing)
    if not differing:
        say(context, f"{safe(found.before)} and {safe(found.after)}: the same behaviour")
    elif same:
        say(context)
        say(context, f"{same} more {'serves' if same == 1 else 'serve'} the same in both")


def _show_one(context: Context, found: Comparison, each: Compared) -> None:
    name = safe(short_name(each.address))
    if each.before is None or each.after is None:
        only = each.before or each.after
        ref = found.before if each.before else found.after
        say(context, f"{name}  {only.version if only else ''} only in {safe(ref)}", bold=True)
        return
    say(context, f"{name}  {_words(each.before)} → {_words(each.after)}", bold=True)
    show_changes(context, each.difference, each.texts)
    bump, version = each.difference.bump, each.next_version
    if each.after.version is None:
        implied = f"  implied bump: {bump}" + (f" ({each.before.version} → {version})" if version else "")
        say(context, implied, fg="cyan")


def _words(side: Side) -> str:
    """Return where it is, and which version that is."""
    if side.version is None or side.where == str(side.version):
        return safe(side.where)
    return f"{safe(side.where)} ({side.version})"


def _plain(found: Comparison) -> dict[str, Any]:
    return {
        "before": found.before,
        "after": found.after,
        "artifacts": [
            {
                "address": each.address,
                "outcome": each.outcome,
                "before": _side(each.before),
                "after": _side(each.after),
                "bump": each.difference.bump,
                "changes": changes_json(each.difference, each.texts),
            }
            for each in found.compared
        ],
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    version = str(side.version) if side.version else None
    return {"address": side.address, "where": side.where, "version": version, "digest": side.digest}
