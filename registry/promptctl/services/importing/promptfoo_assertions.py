"""Assertions of promptfoo's: those that we have are carried over under the same names."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.template.lexer import OPENER
from promptctl.scorers import SCORERS, scorer, type_problem
from promptctl.services.importing.beside import FILE, read_beside, runs
from promptctl.services.importing.imported import LEFT_OUT, NOT_ASSERTED, UNREADABLE, WOULD_RUN, Source
from promptctl.services.importing.reports import Report, Where

_RUN = frozenset({"javascript", "python", "ruby", "webhook"})
_READ = frozenset({"type", "value", "threshold", "weight", "metric"})
_CELL = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z0-9-]*)(?:\((?P<threshold>\d+(?:\.\d+)?)\))?(?::(?P<value>.*))?", re.DOTALL
)
_CODE_CELLS = {"javascript": "javascript", "fn": "javascript", "eval": "javascript", "python": "python"}
_LISTS = ("contains-all", "contains-any")
_TYPES = f"there are: {', '.join(SCORERS)}; and each of them with not- before it"


@dataclass(frozen=True, slots=True)
class Written:
    """An assertion with promptfoo's templates still in its value, and the place where it stands."""

    fields: Mapping[str, Any]
    path: str
    where: Where

    @property
    def metric(self) -> str:
        """Return the metric that carries it."""
        metric = self.fields.get("metric", "pass")
        return metric if isinstance(metric, str) else "pass"


def assertions_of(given: Any, where: Where, source: Source, report: Report) -> tuple[Written, ...]:
    """Return the assertions that we have; every other one is said, and none is run."""
    if given is None:
        return ()
    if not isinstance(given, list):
        report.error(where, UNREADABLE, "`assert` is no list", "write assert: [{type: contains, value: …}]")
        return ()
    return tuple(made for each in given for made in _assertion(each, where, source, report))


def from_cell(cell: str) -> Mapping[str, Any]:
    """Return the assertion of a table's cell: `type: value`, `type(threshold): value`, or what to equal."""
    match = _CELL.fullmatch(cell)
    kind = match["type"] if match else ""
    if kind in _CODE_CELLS and match and match["value"] is not None:
        return {"type": _CODE_CELLS[kind], "value": match["value"]}
    if runs(cell.strip()) and cell.strip().startswith(FILE):
        return {"type": "javascript", "value": cell.strip()}
    known = match is not None and (type_problem(kind) is None or _is_elsewhere(kind, cell))
    if match is None or not known:
        return {"type": "equals", "value": cell}
    value: Any = (match["value"] or "").strip()
    if kind.removeprefix("not-") in _LISTS:
        value = [each.strip() for each in value.split(",")]
    threshold = {"threshold": float(match["threshold"])} if match["threshold"] else {}
    return {"type": kind, **({"value": value} if value else {}), **threshold}


def _is_elsewhere(kind: str, cell: str) -> bool:
    """Say whether a cell asks for an assertion of promptfoo's that we do not have, and is no plain text."""
    return cell.startswith((f"{kind}:", f"{kind}(")) and "-" in kind


def _assertion(given: Any, where: Where, source: Source, report: Report) -> Iterator[Written]:
    kind = given.get("type") if isinstance(given, dict) else None
    if not isinstance(kind, str):
        report.error(where, UNREADABLE, "this is no assertion", "write {type: contains, value: …}")
        return
    value = given.get("value")
    named = value if isinstance(value, str) else ""
    code = next((each for each in given if each.lower().endswith("transform")), "")
    if (
        kind.removeprefix("not-") in _RUN
        or named.startswith(("exec:", "package:"))
        or (FILE in named and runs(named))
    ):
        hint = "write what it checks with assertions that compare: contains, regex, is-json, …"
        report.error(where, WOULD_RUN, f"the assertion `{kind}` runs code, and was left out", hint)
    elif code:
        report.error(
            where,
            WOULD_RUN,
            f"`{code}` of an assertion is code: `{kind}` was left out",
            "assert on the answer",
        )
    elif type_problem(kind) is not None:
        message = f"there is no assertion `{kind}` here: it was not carried over"
        report.warning(where, NOT_ASSERTED, message, _TYPES)
    else:
        for key in given:
            if key not in _READ:
                report.warning(where, LEFT_OUT, f"`{key}` of an assertion has no place in a registry")
        yield from _carried(kind, given, where, source, report)


def _carried(
    kind: str, given: Mapping[str, Any], where: Where, source: Source, report: Report
) -> Iterator[Written]:
    fields = {key: each for key, each in given.items() if key in _READ and each is not None}
    value = fields.get("value")
    if isinstance(value, str) and value.startswith(FILE):
        read = [_content(path, data, report) for path, data in read_beside(value, source, where, report)]
        if not read:
            return
        fields["value"] = value = read[0]
    if kind.removeprefix("not-") == "is-json" and isinstance(value, str):
        try:
            fields["value"] = json.loads(value)
        except ValueError:
            report.error(where, UNREADABLE, f"the schema of `{kind}` is no JSON", "write it as a mapping")
            return
    if isinstance(fields.get("metric"), str) and OPENER.search(fields["metric"]):
        report.warning(where, LEFT_OUT, "a metric is a plain name here: a template for one was left out")
        del fields["metric"]
    problem = _problem(kind, fields)
    if problem:
        report.error(
            where, NOT_ASSERTED, problem, "change it there, and import again; or write it here by hand"
        )
        return
    yield Written(fields, report.path, where)


def _content(path: str, data: bytes, report: Report) -> Any:
    if posixpath.splitext(path)[1].lower() in {".json", ".yaml", ".yml"}:
        document = report.read(data, path)
        return document.value if document else None
    return data.decode().strip()


def _problem(kind: str, fields: Mapping[str, Any]) -> str:
    """Say why an assertion cannot hold here; one with a template is known only when there is a case."""
    numbers = {key: fields[key] for key in ("threshold", "weight") if key in fields}
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers.values()):
        return f"`{kind}` has a threshold or weight that is no number"
    if not isinstance(fields.get("metric", ""), str):
        return f"`{kind}` has a metric that is no text"
    value = json.dumps(fields.get("value"))
    return "" if OPENER.search(value) else _refused(kind, value, tuple(numbers.items()))


@lru_cache(maxsize=1_000)
def _refused(kind: str, value: str, numbers: tuple[tuple[str, Any], ...]) -> str:
    """Say why there is no such assertion; `value` is JSON. Tests say the same again and again."""
    try:
        scorer(Assertion(kind, value=json.loads(value), **dict(numbers)), {})
    except ValueError as error:
        return str(error)
    return ""
