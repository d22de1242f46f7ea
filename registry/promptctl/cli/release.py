"""`promptctl release`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.difference import changes_json, show_changes, show_marks
from promptctl.cli.output.text import emit, say
from promptctl.core.names import full_address, short_name
from promptctl.core.versions import Version
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.services.release import Released


@verb
@click.argument("names", nargs=-1, metavar="NAME…")
@click.option(
    "--changed", is_flag=True, help="Release every prompt whose digest differs from its newest release."
)
@click.option("--at", "revision", default="", metavar="REV", help="Release this commit instead of HEAD.")
@click.option("--bump", type=click.Choice(["major", "minor", "patch"]), help="Instead of the implied bump.")
@click.option("--version", metavar="X.Y.Z", help="Exactly this version.")
@click.option("--notes", default="", help="What people should know; kept in the tag.")
@click.option("--dry-run", is_flag=True, help="Say what would be released, and write nothing.")
def command(
    context: Context, names: tuple[str, ...], version: str | None, notes: str, **options: Any
) -> None:
    """Make an immutable, tagged version of each NAME from a commit of the default branch.

    The version follows from what changed: a broken contract is major, anything else is minor. Where nothing
    in the behaviour changed, nothing is written. Running it again is always safe.

    \b
    promptctl release support-answer
    promptctl release --changed
    promptctl release support-answer --at hotfix/returns --notes "shorter answers"
    """
    from promptctl.model.promotion import legible
    from promptctl.services import release

    if bool(names) == options["changed"]:
        raise UsageError("say which prompts to release", hint="promptctl release NAME…, or --changed")
    if version and options["bump"]:
        raise UsageError("--version and --bump say the same thing twice", hint="leave one of them out")
    if version and len(names) != 1:
        raise UsageError("--version is for one prompt", hint="promptctl release NAME --version X.Y.Z")
    request = release.Request(
        addresses=tuple(dict.fromkeys(map(full_address, names))),
        version=Version.parse(version) if version else None,
        notes=legible(notes),
        **options,
    )
    with context.repository() as repository:
        done = release.release(repository, request, context.actor(repository), partial(_show, context))
    if context.output == "json":
        emit("release", {"releases": [_plain(each) for each in done]})
    elif not done:
        say(context, "nothing changed: every prompt is released as it is")


def _show(context: Context, released: Released) -> None:
    if context.output == "json":
        return
    name = short_name(released.address)
    if released.outcome == "unchanged":
        say(context, f"{name}  nothing changed since {released.version}")
        return
    words = {"released": "released", "exists": "already released", "planned": "would be released"}
    say(context, f"{name} {released.version}  {words[released.outcome]}", bold=True)
    say(context, f"  digest {released.digest}")
    if released.outcome != "planned":
        say(context, f"  tag     {released.address}/v{released.version}")
    if released.difference is not None:
        show_changes(context, released.difference, root=released.address, texts=False)
        show_marks(context, released.difference)
    if released.outcome == "released":
        say(context, f"  next    promptctl promote {name} --to ENV", fg="cyan")


def _plain(released: Released) -> dict[str, Any]:
    difference = released.difference
    return {
        "outcome": released.outcome,
        "address": released.address,
        "version": str(released.version),
        "digest": released.digest,
        "commit": released.commit or None,
        "tag_object": released.tag_object or None,
        "source_commit": released.source_commit,
        "bump": difference.bump if difference else None,
        "changes": changes_json(difference, texts=False) if difference else [],
    }
