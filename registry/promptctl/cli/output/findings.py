"""Findings: for people, as JSON, and as annotations of a GitHub workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptctl.cli.output.text import safe, say

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.services.validate import Report


def show_findings(context: Context, report: Report) -> None:
    """Print one line for each finding, its hint below, and the summary."""
    for each in report.findings:
        colour = "red" if each.severity == "error" else "yellow"
        say(context, f"{_line(each.where)}: {each.severity} {each.code} {_line(each.message)}", fg=colour)
        if each.hint:
            say(context, f"    → {_line(each.hint)}", fg="cyan")
    say(context, summary(report), bold=True)


def show_annotations(context: Context, report: Report) -> None:
    """Print one workflow command for each finding, and the summary.

    Format: "Workflow commands for GitHub Actions", setting an error message.
    """
    for each in report.findings:
        where = {"file": each.path, "line": each.line, "col": each.column, "title": each.code}
        # Line 0 is the whole file: the host shows such an annotation at its top.
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in where.items() if value)
        text = f"{each.message}\n{each.hint}" if each.hint else each.message
        say(context, f"::{each.severity} {properties}::{_escaped(text)}")
    say(context, summary(report))


def findings_json(report: Report) -> dict[str, Any]:
    """Return the findings, sorted by place, and the counts."""
    return {
        "findings": [
            {
                "code": each.code,
                "severity": each.severity,
                "path": each.path,
                "line": each.line,
                "column": each.column,
                "message": each.message,
                "hint": each.hint,
            }
            for each in report.findings
        ],
        "summary": {
            "files": report.files_count,
            "artifacts": report.artifacts_count,
            "errors": report.errors_count,
            "warnings": report.warnings_count,
        },
    }


def summary(report: Report) -> str:
    """Return the last line: what was looked at and what was found."""
    files = _count(report.files_count, "file")
    if not report.findings:
        return f"{files}, no findings"
    return f"{files}, {_count(report.errors_count, 'error')}, {_count(report.warnings_count, 'warning')}"


def _line(text: str) -> str:
    return safe(text).replace("\n", " ")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _escaped(text: str) -> str:
    return safe(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
