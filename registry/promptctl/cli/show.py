"""`promptctl show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.serving import note_gaps
from promptctl.cli.output.text import emit
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import Ref, tag_of
from promptctl.core.written import timestamp

if TYPE_CHECKING:
    from promptctl.services.show import Shown
    from promptctl.store.releases import Tag


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
        note_gaps(context, shown.damaged)


def _plain(shown: Shown) -> dict[str, Any]:
    return {
        "address": shown.address,
        "kind": shown.kind,
        "where": shown.where,
        "path": shown.path or None,
        "version": str(shown.version) if shown.version else None,
        "digest": shown.digest or None,
        "source_commit": shown.source_commit or None,
        "release": _tag(shown.tag, signed=shown.signed) if shown.tag else None,
        "newest": str(shown.newest) if shown.newest else None,
        "same_as": str(shown.same_as) if shown.same_as else None,
        "serves": dict(shown.serves),
        "damaged": dict(shown.damaged),
        "artifacts": list(shown.artifacts),
        "about": dict(shown.about),
        "body": dict(shown.body),
    }


def _tag(tag: Tag, *, signed: bool) -> dict[str, Any]:
    release = tag.release
    return {
        "tag": tag_of(release.address, release.version),
        "tag_object": release.tag_object,
        "commit": release.commit,
        "by": tag.by or None,
        "at": timestamp(tag.at) if tag.at else None,
        "signed": signed,
        "notes": tag.notes,
    }
