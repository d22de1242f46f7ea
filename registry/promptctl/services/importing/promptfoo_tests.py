"""The tests of a configuration of promptfoo's, each with its variables as promptfoo gives them."""

from __future__ import annotations

import csv
import io
import itertools
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from promptctl.model.document import Document
from promptctl.services.importing.beside import FILE, is_fetched, read_beside, read_matching
from promptctl.services.importing.imported import LEFT_OUT, UNREADABLE, WOULD_RUN, Source
from promptctl.services.importing.promptfoo_assertions import Written, assertions_of, from_cell
from promptctl.services.importing.promptfoo_cost import TESTS_LIMIT, Cost, characters, cost_of
from promptctl.services.importing.reports import Report, Where
from promptctl.services.importing.structured import Structured
from promptctl.store import jsonl

_READ = frozenset({"description", "vars", "assert", "metadata", "options"})
_KEPT = frozenset({"group", "tags", "must_pass"})
_OPTIONS = frozenset({"disableVarExpansion"})
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_COLUMN = re.compile(r"__(?P<name>expected|description|metadata|metric|threshold|prefix|suffix|config|\w+)")
_TEXTS = frozenset({".txt", ".md", ".csv", ".html", ".xml", ".log", ""})


@dataclass(frozen=True, slots=True)
class Test:
    """One case: its variables, and its own assertions. `where` is in the file `path`."""

    id: str
    vars: Mapping[str, Any]
    assertions: tuple[Written, ...]
    about: Mapping[str, Any]
    cost: Cost


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for every test."""

    vars: Mapping[str, Any] = field(default_factory=dict)
    assertions: tuple[Written, ...] = ()
    expands: bool = True
    cost: Cost = field(default_factory=Cost)

    @property
    def templates(self) -> Mapping[str, str]:
        """Return the variables that say something of others."""
        texts = {key: each for key, each in self.vars.items() if isinstance(each, str)}
        return {key: each for key, each in texts.items() if _PLACEHOLDER.search(each)}


def defaults_of(config: Structured, source: Source, report: Report) -> Defaults:
    """Return the default test, from the configuration or a file next to it."""
    given, places, path = config.value.get("defaultTest"), config, source.path
    prefix: tuple[str | int, ...] = ("defaultTest",)
    if isinstance(given, str):
        for path, data in read_beside(given, source, config.place(*prefix), report):
            document = report.read(data, path)
            if document is not None:
                given, places, prefix = document.value, document, ()
    if given is None or isinstance(given, str):
        return Defaults()
    if not isinstance(given, dict):
        report.error(
            config.place("defaultTest"), UNREADABLE, "`defaultTest` is no test", "give vars: or assert:"
        )
        return Defaults()
    here = report.of(path)
    where = places.place(*prefix)
    _say_unread(given, where, here)
    variables = _variables(given.get("vars"), source, where, here)
    asserted = assertions_of(given.get("assert"), where, source, here)
    cost = cost_of(each.fields for each in asserted)
    return Defaults({key: _trimmed(each) for key, each in variables.items()}, asserted, _expands(given), cost)


def tests_of(config: Structured, source: Source, defaults: Defaults, report: Report) -> list[Test]:
    """Return every test: inline, or from files; a list among its variables makes a test of each item."""
    tests: list[Test] = []
    cost = defaults.cost
    for given, where, here in _listed(config, source, report):
        for each in _tests(given, where, source, defaults, here):
            cost += each.cost
            if cost.problem:
                message = f"{cost.problem}: only the first {len(tests):,} tests were read"
                report.error(where, UNREADABLE, message, "import them in parts")
                return tests
            tests.append(each)
    return tests


def _listed(
    config: Structured, source: Source, report: Report
) -> Iterator[tuple[Mapping[str, Any], Where, Report]]:
    """Yield each test as it is written, with its place."""
    given = config.value.get("tests")
    entries = given if isinstance(given, list) else [] if given is None else [given]
    for index, each in enumerate(entries):
        where = config.place("tests", index)
        name = each.get("path") if isinstance(each, dict) and "path" in each else each
        if isinstance(name, str):
            yield from _from_file(name, where, source, report)
        elif isinstance(each, dict):
            yield each, where, report
        else:
            report.error(where, UNREADABLE, "this is no test", "give vars: and assert:, or name a file")


def _from_file(
    name: str, where: Where, source: Source, report: Report
) -> Iterator[tuple[Mapping[str, Any], Where, Report]]:
    if is_fetched(name):
        report.error(
            where, WOULD_RUN, f"{name} would be fetched", "save it next to the configuration, and name that"
        )
        return
    for path, data in read_matching(name, source, where, report):
        here = report.of(path)
        suffix = posixpath.splitext(path)[1].lower()
        if suffix in _READERS:
            for line, each in _READERS[suffix](path, data, here):
                yield each, line, here
        else:
            message = f"{name} holds no tests that can be read"
            report.error(where, UNREADABLE, message, f"tests are read from files in {', '.join(_READERS)}")


def _lines(path: str, data: bytes, report: Report) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    for line, said in jsonl.read(data, path):
        if isinstance(said, Document) and isinstance(said.value, dict):
            yield line, said.value
        else:
            message = "no mapping" if isinstance(said, Document) else said.message
            report.error(line, UNREADABLE, f"this line is no test: {message}", "one JSON object a line")


def _list(path: str, data: bytes, report: Report) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    document = report.read(data, path)
    if document is None:
        return
    listed = document.value if isinstance(document.value, list) else [document.value]
    for index, each in enumerate(listed):
        if isinstance(each, dict):
            yield document.place(index), each
        else:
            report.error(document.place(index), UNREADABLE, "this is no test", "give vars: and assert:")


def _rows(_: str, data: bytes, report: Report) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    """Yield the tests of a table: a column is a variable, `__expected` an assertion."""
    reader = csv.reader(io.StringIO(data.decode(), newline=""))
    try:
        header = next(reader, [])
        line = reader.line_num
        for row in reader:
            if any(row):
                yield line + 1, _row(dict(zip(header, row, strict=False)), line + 1, report)
            line = reader.line_num
    except csv.Error as error:
        report.error(reader.line_num, UNREADABLE, f"not valid CSV: {error}", "check the quotes")


_READERS = {".csv": _rows, ".jsonl": _lines, ".yaml": _list, ".yml": _list, ".json": _list}


def _row(cells: Mapping[str, str], line: int, report: Report) -> Mapping[str, Any]:
    test: dict[str, Any] = {"vars": {}, "assert": [], "metadata": {}}
    for column, cell in cells.items():
        special = _COLUMN.match(column)
        name = special["name"] if special else ""
        if not special:
            test["vars"][column] = cell
        elif name.startswith("expected"):
            test["assert"] += [from_cell(cell)] if cell.strip() else []
        elif name == "description":
            test["description"] = cell
        elif column.startswith("__metadata:"):
            key = column.removeprefix("__metadata:")
            value = [each.strip() for each in cell.split(",")] if key.endswith("[]") else cell
            test["metadata"] |= {key.removesuffix("[]"): value} if cell else {}
        elif name != "metric" and cell:
            report.warning(line, LEFT_OUT, f"the column `{column}` has no place in a registry")
    if cells.get("__metric"):
        test["assert"] = [{**each, "metric": cells["__metric"]} for each in test["assert"]]
    return test


def _tests(
    given: Mapping[str, Any], where: Where, source: Source, defaults: Defaults, report: Report
) -> Iterator[Test]:
    _say_unread(given, where, report)
    variables = _variables(given.get("vars"), source, where, report)
    asserted = assertions_of(given.get("assert"), where, source, report)
    described = given.get("description")
    about = given.get("metadata")
    kept = {key: each for key, each in about.items() if key in _KEPT} if isinstance(about, dict) else {}
    expands = defaults.expands and _expands(given)
    templates = defaults.templates
    always = Cost(1, 0, len(defaults.vars) + characters([templates]))
    always += cost_of(each.fields for each in asserted)
    for each in _combinations(variables) if expands else [variables]:
        own = {**templates, **{key: _trimmed(value) for key, value in each.items()}}
        resolved = _resolved(own, defaults.vars)
        given_here = {key: value for key, value in resolved.items() if key in each or value != templates[key]}
        cost = always + Cost(0, 0, characters([given_here]))
        yield Test(described if isinstance(described, str) else "", given_here, asserted, kept, cost)


def _combinations(variables: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every choice of one item from each list of texts; other lists are values."""
    choices = [
        value if isinstance(value, list) and value and isinstance(value[0], str) else [value]
        for value in variables.values()
    ]
    for each in itertools.islice(itertools.product(*choices), TESTS_LIMIT + 1):
        yield dict(zip(variables, each, strict=True))


def _resolved(variables: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables with what they say of each other filled in, as promptfoo does: five times over."""
    for _ in range(5):
        changed = False
        for key, value in variables.items():
            match = _PLACEHOLDER.search(value) if isinstance(value, str) and len(value) < 1 << 20 else None
            other = variables.get(match[1], defaults.get(match[1])) if match else None
            if match and isinstance(other, str) and match[1] != key:
                variables[key] = value[: match.start()] + other + value[match.end() :]
                changed = True
        if not changed:
            break
    return variables


def _variables(given: Any, source: Source, where: Where, report: Report) -> dict[str, Any]:
    """Return the variables of a test, those that are in files with the text of the file."""
    found: dict[str, Any] = {}
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, str):
            for path, data in read_beside(each, source, where, report):
                document = report.read(data, path)
                found |= document.value if document and isinstance(document.value, dict) else {}
        elif isinstance(each, dict):
            found |= each
        elif each is not None:
            report.error(where, UNREADABLE, "`vars` holds no variables", "write vars: {name: value}")
    return {key: _value(key, each, source, where, report) for key, each in found.items() if each is not None}


def _value(name: str, given: Any, source: Source, where: Where, report: Report) -> Any:
    if not (isinstance(given, str) and given.startswith(FILE)):
        return given
    suffix = posixpath.splitext(given)[1].lower()
    for path, data in read_beside(given, source, where, report):
        if suffix in {".yaml", ".yml"}:
            document = report.read(data, path)
            return json.dumps(document.value, ensure_ascii=False) if document else ""
        if suffix in _TEXTS | {".json"}:
            return data.decode().strip()
        report.error(
            where, UNREADABLE, f"{given} of `{name}` is no text", "inputs here are text and plain JSON"
        )
    return ""


def _trimmed(value: Any) -> Any:
    """Return a variable as promptfoo gives it: one line end at its end is taken away."""
    return value.removesuffix("\n") if isinstance(value, str) else value


def _expands(given: Mapping[str, Any]) -> bool:
    options = given.get("options")
    return not (isinstance(options, dict) and options.get("disableVarExpansion") is True)


def _say_unread(given: Mapping[str, Any], where: Where, report: Report) -> None:
    for key in given:
        if key not in _READ:
            report.warning(where, LEFT_OUT, f"`{key}` of a test has no place in a registry")
    options = given.get("options")
    for key in options if isinstance(options, dict) else ():
        if key.startswith("transform"):
            message = f"`options.{key}` is code: it is not run, so tests see what it was made to change"
            report.error(where, WOULD_RUN, message, "assert on the answer as the model gives it")
        elif key not in _OPTIONS:
            report.warning(where, LEFT_OUT, f"`options.{key}` of a test has no place in a registry")
    about = given.get("metadata")
    for key in about if isinstance(about, dict) else ():
        if key not in _KEPT:
            report.warning(where, LEFT_OUT, f"`metadata.{key}` of a test has no place in a case")
