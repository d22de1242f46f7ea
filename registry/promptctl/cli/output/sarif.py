"""Findings as a SARIF 2.1.0 log (OASIS), within the limits of GitHub's code scanning."""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import sha256
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from promptctl.checks.catalogue import EVERY
from promptctl.cli.output.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptctl.checks.rule import Refusal
    from promptctl.cli.output.findings import Line
    from promptctl.model.findings import Finding
    from promptctl.services.validate import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS = 5_000
"""Code scanning shows no more, and refuses a log of more than 25,000."""
SIZE_BYTES = 10_000_000
"""Code scanning takes 10 MB, compressed: whatever the texts are, they stay below it."""
FINGERPRINT = "promptctlFinding/v1"
_RULES = {each.code: each for each in EVERY}


def sarif_log(report: Report, line: Line, version: str) -> tuple[dict[str, Any], int]:
    """Return the log, and how many findings it leaves out; errors are the last to be left out.

    Paths are relative to the root of the registry. No line of a file is quoted. A finding keeps its
    fingerprint while its line moves.
    """
    results = _results(report.findings, line)
    results.sort(key=lambda each: bool(each["level"] != "error"))
    kept = _within_limits(results)
    left_out = len(results) - len(kept)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "promptctl",
                "version": version,
                "rules": [_rule(each) for each in _RULES.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": kept,
    }
    if left_out:
        note = {"level": "warning", "message": {"text": left_out_note(left_out)}}
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": [note]}]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, left_out


def sarif_text(log: dict[str, Any]) -> str:
    """Return the log as ASCII in which no runner finds a command."""
    return json.dumps(log, indent=2).replace("##", "#\\u0023")


def left_out_note(count: int) -> str:
    """Say how much a log leaves out, and where it is."""
    return f"{count:,} findings are left out of this log: promptctl validate prints them all"


def _rule(rule: Refusal) -> dict[str, Any]:
    about = _message(rule.about)
    return {
        "id": rule.code,
        "shortDescription": {"text": about},
        "fullDescription": {"text": about},
        "help": {"text": _message(f"{rule.about}\n{rule.hint}" if rule.hint else rule.about)},
        "defaultConfiguration": {"level": rule.severity},
    }


def _results(findings: Sequence[Finding], line: Line) -> list[dict[str, Any]]:
    places = {code: index for index, code in enumerate(_RULES)}
    seen: Counter[str] = Counter()
    results = []
    for each in findings:
        identity = _identity(each, line(each.path, each.line))
        fingerprint = sha256(f"{identity}\0{seen[identity]}".encode("utf-8", "surrogatepass")).hexdigest()
        seen[identity] += 1
        results.append(
            {
                "ruleId": each.code,
                "ruleIndex": places[each.code],
                "level": each.severity,
                "message": {"text": _message(f"{each.message}\n{each.hint}" if each.hint else each.message)},
                "locations": [{"physicalLocation": _location(each)}],
                "partialFingerprints": {FINGERPRINT: fingerprint},
            }
        )
    return results


def _identity(finding: Finding, source: str | None) -> str:
    """Return what two findings share that are the same at another time: no place, and no numbers of lines,
    which messages hold too.
    """
    message = re.sub(r"\d+", "", finding.message)
    return "\0".join([finding.code, finding.path, message, " ".join((source or "").split())])


def _location(finding: Finding) -> dict[str, Any]:
    uri = quote(finding.path, errors="surrogateescape")
    location: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    if finding.line:
        column = {"startColumn": finding.column} if finding.column else {}
        location["region"] = {"startLine": finding.line, **column}
    return location


def _message(text: str) -> str:
    """Return a message string: braces are doubled (SARIF 2.1.0, 3.11.5), and no link can be made (3.11.6)."""
    text = safe(text).encode("utf-8", "replace").decode()
    return text.replace("](", "] (").replace("{", "{{").replace("}", "}}")


def _within_limits(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first results that code scanning shows and whose JSON is small enough."""
    sizes: Iterable[int] = accumulate(len(sarif_text(each)) for each in results[:RESULTS])
    return results[: sum(1 for _ in takewhile(lambda total: total <= SIZE_BYTES, sizes))]
