"""Findings: for people, as JSON, and as annotations of a GitHub workflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.output.caret import pointed
from promptctl.cli.output.layout import NARROWEST, wrapped
from promptctl.cli.output.text import safe, say, without_commands
from promptctl.core.written import counted

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.model.findings import Finding, Severity
    from promptctl.services.validate import Report

    Line = Callable[[str, int], str | None]
    """Returns a line of a file, or `None` where there is none to show."""

ANNOTATIONS_PER_SEVERITY = 10
"""GitHub drops what a step says beyond this ("Workflow commands", limits of annotations)."""
_BAR = "    │ "
_ARROW = "    → "
_COLOURS = {"error": "red", "warning": "yellow"}


def show_findings(context: Context, report: Report, line: Line) -> None:
    """Print every finding with its line of the file, a caret and its hint, and the summary."""
    for each in report.findings:
        say(context, "\n".join(_block(context, each, line)))
        say(context)
    say(context, summary(report), bold=True)


def show_annotations(context: Context, report: Report, line: Line) -> None:
    """Print workflow commands for as many findings as the host shows, errors first; then, for the log, all
    that people read.

    Format: "Workflow commands for GitHub Actions", setting an error message.
    """
    shown = [*_first(report, "error"), *_first(report, "warning")]
    for each in shown:
        where = {"file": each.path, "line": each.line, "col": each.column, "title": each.code}
        # Line 0 is the whole file: the host shows such an annotation at its top.
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in where.items() if value)
        text = f"{each.message}\n{each.hint}" if each.hint else each.message
        say(context, f"::{each.severity} {properties}::{_escaped(text)}")
    errors = report.errors_count - sum(each.severity == "error" for each in shown)
    warnings = len(report.findings) - len(shown) - errors
    if errors or warnings:
        more = f"{counted(errors, 'more error')} and {counted(warnings, 'more warning')}"
        say(context, f"::notice title=promptctl validate::the log of this step has {more}")
    show_findings(context, report, line)


def findings_json(report: Report) -> dict[str, Any]:
    """Return the findings, sorted by place, and the counts."""
    return {
        "findings": [asdict(each) for each in report.findings],
        "summary": {
            "files": report.files_count,
            "artifacts": report.artifacts_count,
            "errors": report.errors_count,
            "warnings": report.warnings_count,
        },
    }


def summary(report: Report) -> str:
    """Return the last line: what was looked at and what was found."""
    files = counted(report.files_count, "file")
    if not report.findings:
        return f"{files}, no findings"
    return f"{files}, {counted(report.errors_count, 'error')}, {counted(report.warnings_count, 'warning')}"


def plain(text: str) -> str:
    """Return anybody's text as one line that neither a terminal nor a runner obeys."""
    return safe(text).replace("\n", " ")


def _block(context: Context, finding: Finding, line: Line) -> Iterator[str]:
    """Yield the lines of one finding. The first stays one line, however long: editors and CI read it."""

    def paint(text: str, **style: Any) -> str:
        return click.style(text, **style) if context.color else text

    colour = _COLOURS[finding.severity]
    kind = paint(f"{finding.severity} {finding.code}", fg=colour, bold=True)
    yield f"{paint(plain(finding.where), bold=True)}: {kind} {plain(finding.message)}"
    source = line(finding.path, finding.line)
    if source and not source.isspace():
        text, caret = pointed(source, finding.column, max(context.width - len(_BAR), NARROWEST))
        bar = paint(_BAR, dim=True)
        yield f"{bar}{without_commands(text)}".rstrip()
        if caret:
            yield f"{bar}{paint(caret, fg=colour, bold=True)}"
    if finding.hint:
        hint = wrapped(plain(finding.hint), context.width, indent=_ARROW, hang=" " * len(_ARROW))
        yield from (paint(each, fg="cyan") for each in hint)


def _first(report: Report, severity: Severity) -> Sequence[Finding]:
    return [each for each in report.findings if each.severity == severity][:ANNOTATIONS_PER_SEVERITY]


def _escaped(text: str) -> str:
    return safe(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
