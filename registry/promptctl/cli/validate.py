"""`promptctl validate`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.text import emit, note
from promptctl.cli.workspace import inside, open_workspace
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
@click.option("--at", "revision", metavar="REV", help="Validate what a commit holds, read from git itself.")
@click.option("--no-cache", "is_cold", is_flag=True, help="Check everything, whatever is known of it.")
def command(
    context: Context, paths: tuple[str, ...], style: str | None, revision: str | None, *, is_cold: bool
) -> int:
    """Report everything that is wrong in the registry's files, all in one run, sorted by place.

    With PATHs (files or folders) only what is wrong in them, and in everything that uses them. Needs no git
    repository. Exit code 1 where there are errors.

    \b
    promptctl validate
    promptctl validate prompts/support-answer.md partials
    promptctl validate --at origin/main
    promptctl validate --format github
    promptctl validate --format sarif > promptctl.sarif
    """
    from promptctl.services.uncollected import uncollected
    from promptctl.services.validate import validate_source
    from promptctl.store.results import Results

    if revision is not None and not revision.strip():
        raise UsageError("--at names no commit", hint="promptctl validate --at HEAD, or leave --at out")
    with uncollected(), open_workspace(context) as workspace:
        source = workspace.source(revision or "")
        root = workspace.repository.layout.root if revision else workspace.root
        only = [inside(root, context.directory, each) for each in paths]
        kept = _kept(context, root)
        # What lies among the files of a change may have been written by it.
        is_cold = is_cold or kept.resolve().is_relative_to(root.resolve())
        results = None if is_cold else Results(kept)
        report = validate_source(source, only, results=results, processors=context.processors)
        wrong = {each.path for each in report.findings} & source.states().keys()
        sources = {each.path: each.data for each in source.load(sorted(wrong))}
    if not (paths or report.files_count):
        raise UsageError(
            f"{revision or context.directory} holds no file of a registry",
            hint="go into the registry, or make one with promptctl init",
        )
    _print(context, report, sources, style or context.output)
    return 1 if report.errors_count else 0


def _kept(context: Context, root: Path) -> Path:
    """Return the file that keeps what was found out about the registry at `root`."""
    import hashlib

    name = hashlib.sha256(os.fsencode(root.absolute())).hexdigest()[:16]
    return context.cache_dir / "validate" / f"{name}.sqlite"


def _print(context: Context, report: Report, sources: Mapping[str, bytes], style: str) -> None:
    from promptctl.cli.output.caret import Lines
    from promptctl.cli.output.findings import findings_json, show_annotations, show_findings

    line = Lines(sources, hidden=_secret(report))
    if style == "json":
        emit("validate", findings_json(report))
    elif style == "github":
        show_annotations(context, report, line)
    elif style == "sarif":
        _print_sarif(context, report, line)
    else:
        show_findings(context, report, line)


def _secret(report: Report) -> set[str]:
    """Return the files of which no line is shown: any may hold the secret that was found, or its rest."""
    if not report.findings:
        return set()
    from promptctl.checks.catalogue import SECRETS

    return {each.path for each in report.findings if each.code in SECRETS}


def _print_sarif(context: Context, report: Report, line: Lines) -> None:
    from importlib.metadata import version

    from promptctl.cli.output.sarif import left_out_note, sarif_log, sarif_text

    log, left_out = sarif_log(report, line, version("promptctl-registry"))
    click.echo(sarif_text(log))
    if left_out:
        note(context, left_out_note(left_out))
