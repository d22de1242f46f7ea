"""`promptctl list`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from promptctl.cli.context import Context, verb
from promptctl.cli.output.layout import table
from promptctl.cli.output.serving import note_gaps
from promptctl.cli.output.text import emit, safe, say
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import FOLDERS, is_releasable

if TYPE_CHECKING:
    from promptctl.services.listing import Listed, Listing


@verb
def command(context: Context) -> None:
    """List artifacts by kind: what each is for, its newest release, and where which version serves.

    Needs no git repository; without one there are no versions.

    \b
    promptctl list
    promptctl list -o json
    """
    from promptctl.services.listing import listing

    with open_workspace(context) as workspace:
        found = listing(workspace)
    if context.output == "json":
        emit("list", _plain(found))
    elif found.artifacts:
        _show(context, found)
    else:
        say(context, "no artifacts yet")
        say(context, "→ promptctl init adds an example", fg="cyan")
    if context.output != "json":
        note_gaps(context, found.damaged)


def _show(context: Context, found: Listing) -> None:
    for kind, group in groupby(found.artifacts, key=lambda each: each.kind):
        artifacts = list(group)
        if artifacts[0] is not found.artifacts[0]:
            say(context)
        title = FOLDERS[kind].replace("_", " ")
        rows = [_header(found, title) if kind == "prompt" else (title, "")]
        rows += [_row(found, each) for each in artifacts]
        head, *lines = table(rows, context.width)
        say(context, head, bold=True)
        for line in lines:
            say(context, line)


def _header(found: Listing, title: str) -> tuple[str, ...]:
    return (title, "newest", *map(safe, found.environments), "")


def _row(found: Listing, each: Listed) -> tuple[str, ...]:
    name = safe(each.address.partition("/")[2])
    about = each.description
    if each.path is None:
        about = "its file is gone"
    elif not each.readable:
        about = "cannot be read: promptctl validate"
    if each.kind != "prompt":
        return (name, about)
    newest = str(each.newest or "–") if is_releasable(each.address) else "judge"
    return (name, newest, *(each.serves.get(environment, "–") for environment in found.environments), about)


def _plain(found: Listing) -> dict[str, Any]:
    return {
        "environments": list(found.environments),
        "damaged": dict(found.damaged),
        "artifacts": [
            {
                "address": each.address,
                "kind": each.kind,
                "path": each.path,
                "description": each.description,
                "readable": each.readable,
                "newest": str(each.newest) if each.newest else None,
                "serves": dict(each.serves),
            }
            for each in found.artifacts
        ],
    }
