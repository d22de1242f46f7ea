"""`promptctl schema`."""

from __future__ import annotations

from pathlib import Path

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.layout import table
from promptctl.cli.output.text import emit, safe, say


@verb
@click.argument("kind", required=False)
@click.option("--to", "folder", metavar="DIR", help="Write files there: KIND.json, or all of them.")
def command(context: Context, kind: str | None, folder: str | None) -> None:
    """Print the JSON Schema of the files of a KIND; without KIND, list what there are schemas of.

    Editors that know JSON Schema complete keys with them, show what each is for and mark what is wrong. That
    of a dataset describes one of its lines. `promptctl init` writes them into a new registry; after an update
    of promptctl, --to .promptctl/schemas writes them again.

    \b
    promptctl schema
    promptctl schema rag_config
    promptctl schema --to .promptctl/schemas
    """
    from promptctl.services import schema

    if folder is not None:
        place = context.directory / folder
        names = schema.write(place, (kind,) if kind else schema.KINDS)
        _show_written(context, place, names)
    elif kind is None:
        _show_list(context)
    elif context.output == "json":
        emit("schema", {"kind": kind, "json_schema": schema.schema(kind)})
    else:
        click.echo(schema.text(kind), nl=False)


def _show_written(context: Context, folder: Path, names: tuple[str, ...]) -> None:
    if context.output == "json":
        emit("schema", {"written": [str(folder / name) for name in names]})
        return
    for name in names:
        say(context, f"  + {safe(str(folder / name))}", fg="green")


def _show_list(context: Context) -> None:
    from promptctl.services.schema import KINDS, about, files_of

    if context.output == "json":
        kinds = [{"kind": each, "files": files_of(each), "about": about(each)} for each in KINDS]
        emit("schema", {"kinds": kinds})
        return
    head, *lines = table([("kind", "files"), *((each, files_of(each)) for each in KINDS)], context.width)
    say(context, head, bold=True)
    for line in lines:
        say(context, line)
    say(context, "→ promptctl schema KIND prints one", fg="cyan")
