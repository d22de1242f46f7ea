"""`promptctl show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, timestamp, verb
from promptctl.cli.output.text import emit
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import Ref

if TYPE_CHECKING:
    from promptctl.services.show import Shown, Tagged


@verb
@click.argument("ref", metavar="REF")
def command(context: Context, ref: str) -> None:
    """Show one artifact or release, whole: where it comes from and serves, and everything it says.

    REF is NAME (the file), NAME@1.2.0, NAME@prod or NAME@git:REV. NAME is an address; a bare one is a
    prompt's.

    \b
    promptctl show support-answer
    promptctl show support-answer@prod
    promptctl show tool_policies/support -o json
    """
    from promptctl.services.show import show

    with open_workspace(context) as workspace:
        shown = show(workspace, Ref.parse(ref))
    if context.output == "json":
        emit("show", _plain(shown))
    else:
        from promptctl.cli.output.artifact import show_artifact

        show_artifact(context, shown)


def _plain(shown: Shown) -> dict[str, Any]:
    return {
        "address": shown.address,
        "kind": shown.kind,
        "where": shown.where,
        "path": shown.path or None,
        "version": str(shown.version) if shown.version else None,
        "digest": shown.digest or None,
        "source_commit": shown.source_commit or None,
        "release": _tagged(shown.tagged) if shown.tagged else None,
        "newest": str(shown.newest) if shown.newest else None,
        "same_as": str(shown.same_as) if shown.same_as else None,
        "serves": dict(shown.serves),
        "artifacts": list(shown.artifacts),
        "about": dict(shown.about),
        "body": dict(shown.body),
    }


def _tagged(tagged: Tagged) -> dict[str, Any]:
    return {
        "tag": tagged.tag,
        "tag_object": tagged.tag_object,
        "commit": tagged.commit,
        "by": tagged.by,
        "at": timestamp(tagged.at),
        "notes": tagged.notes,
    }
