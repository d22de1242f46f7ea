"""`promptctl export`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.inputs import given_inputs, takes_inputs
from promptctl.cli.output.text import emit, note, safe, say
from promptctl.cli.workspace import open_workspace
from promptctl.core.names import Ref
from promptctl.core.suggest import did_you_mean
from promptctl.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from promptctl.services.exporting.export import Export


@verb
@click.argument("form", metavar="FORMAT")
@click.argument("ref", metavar="REF")
@click.option("--to", type=click.Path(path_type=Path), metavar="FILE", help="Write a new file.")
@takes_inputs
def command(
    context: Context,
    form: str,
    ref: str,
    to: Path | None,
    texts: tuple[str, ...],
    values: IO[bytes] | None,
    documents: IO[bytes] | None,
) -> None:
    """Write the prompt REF as a file of another tool, to standard output or to a new FILE.

    REF is NAME (the files), NAME@1.2.0, NAME@prod or NAME@git:REV. What the other tool cannot say is noted on
    standard error. The inputs are for messages, as in promptctl render.

    \b
    FORMAT is one of:
      prompty    Prompty v2, partials inlined
      promptfoo  a promptfoo configuration, with the cases of its suites
      messages   the rendered chat messages as JSON

    \b
    promptctl export prompty support-answer@prod > support-answer.prompty
    promptctl export promptfoo support-answer --to promptfooconfig.yaml
    promptctl export messages support-answer --vars case.json
    """
    _check(form)
    from promptctl.services.exporting.export import export

    with open_workspace(context) as workspace:
        done = export(workspace, form, Ref.parse(ref), given_inputs(texts, values, documents))
    if to is not None:
        _create(to, done.exported.content)
    if context.output == "json":
        emit("export", _plain(done, form, to))
        return
    if to is None:
        sys.stdout.buffer.write(done.exported.content)
        sys.stdout.buffer.flush()
    for each in done.exported.findings:
        note(context, f"{each.severity} {each.code} {safe(each.message)}")
        if each.hint:
            note(context, f"    → {safe(each.hint)}")
    if to is not None and not context.quiet:
        say(context, f"{safe(str(to))}  {form} of {done.resolved.address} ({done.resolved.where})")


def _check(form: str) -> None:
    from promptctl.services.exporting.formats import FORMATS

    if form not in FORMATS:
        hint = did_you_mean(form.lower(), FORMATS, "known")
        raise UsageError(f"there is no format {form!r}", hint=hint)


def _create(path: Path, content: bytes) -> None:
    from promptctl.store.writing import refusing

    try:
        with refusing(path), path.open("xb") as file:
            file.write(content)
    except RefusedError as error:
        if isinstance(error.__cause__, FileExistsError):
            raise RefusedError(f"{path} exists, and is not replaced", hint="name a new file") from None
        raise


def _plain(done: Export, form: str, to: Path | None) -> dict[str, Any]:
    resolved = done.resolved
    return {
        "format": form,
        "address": resolved.address,
        "where": resolved.where,
        "version": str(resolved.version) if resolved.version else None,
        "digest": resolved.digest,
        "content": done.exported.content.decode(),
        "written": str(to) if to else None,
        "findings": [asdict(each) for each in done.exported.findings],
    }
