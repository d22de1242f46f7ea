"""`promptctl validate`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.text import emit, note
from promptctl.cli.workspace import open_workspace
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.cli.output.caret import Lines
    from promptctl.services.validate import Report


@verb
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "github", "sarif"]),
    help="How to print the findings; github: annotations of a workflow; sarif: a SARIF 2.1.0 log.",
)
def command(context: Context, paths: tuple[str, ...], style: str | None) -> int:
    """Report everything that is wrong in the registry's files, all in one run, sorted by place.

    With PATHs (files or folders) only what is wrong in them, and in everything that uses them. Needs no git
    repository. Exit code 1 where there are errors.

    \b
    promptctl validate
    promptctl validate prompts/support-answer.md partials
    promptctl validate --format github
    promptctl validate --format sarif > promptctl.sarif
    """
    from promptctl.services.validate import validate

    with open_workspace(context) as workspace:
        inside = [_inside(workspace.root, context.directory, each) for each in paths]
        report = validate(workspace.registry, inside)
        sources = workspace.registry.sources
    _print(context, report, sources, style or context.output)
    return 1 if report.errors_count else 0


def _print(context: Context, report: Report, sources: Mapping[str, bytes], style: str) -> None:
    from promptctl.checks.catalogue import SECRETS
    from promptctl.cli.output.caret import Lines
    from promptctl.cli.output.findings import findings_json, show_annotations, show_findings

    # Not of the finding's line alone: others of the file may be part of the secret, or hold it too.
    line = Lines(sources, hidden={each.path for each in report.findings if each.code in SECRETS})
    if style == "json":
        emit("validate", findings_json(report))
    elif style == "github":
        show_annotations(context, report, line)
    elif style == "sarif":
        _print_sarif(context, report, line)
    else:
        show_findings(context, report, line)


def _print_sarif(context: Context, report: Report, line: Lines) -> None:
    from importlib.metadata import version

    from promptctl.cli.output.sarif import left_out_note, sarif_log, sarif_text

    log, left_out = sarif_log(report, line, version("promptctl-registry"))
    click.echo(sarif_text(log))
    if left_out:
        note(context, left_out_note(left_out))


def _inside(root: Path, directory: Path, path: str) -> str:
    """Return the path below the registry's root; raise `UsageError` for one that is elsewhere.

    Links are not followed: a link in the registry is itself a finding.
    """
    place = Path(os.path.normpath(directory.absolute() / path))
    base = Path(os.path.normpath(root))
    if not place.is_relative_to(base):
        raise UsageError(f"{path} is outside of the registry {base}", hint="name files of the registry")
    return place.relative_to(base).as_posix()
