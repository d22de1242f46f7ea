"""Datasets as tables: the first line names the columns, every other line is a case."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

from promptctl.checks.dataset_tables import RULE
from promptctl.core.limits import DATASET_LINES
from promptctl.model.document import Document, Place, shown
from promptctl.model.findings import Finding

_COLUMNS = ("id", "group", "expected", "must_pass")
_BOOLEAN = {"true": True, "false": False, "": False}


def read(data: bytes, path: str) -> Iterator[tuple[int, Document | Finding]]:
    """Yield (line, the case) for every row of valid UTF-8.

    The columns `id`, `group`, `expected` and `must_pass` (true or false) are the case's own; every other
    column is a variable of that name. All values are text. Quoting is that of RFC 4180.
    """
    rows = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    line = 0
    try:
        header = next(rows, [])
        problem = _header_problem(header)
        line = rows.line_num
        if problem:
            yield 1, RULE.at(path, Place(1, 1), problem, "the first line names the columns, id among them")
            return
        for row in rows:
            if rows.line_num > DATASET_LINES:
                message = f"more than {DATASET_LINES:,} lines"
                yield line + 1, RULE.at(path, Place(line + 1, 1), message, "divide the dataset into several")
                return
            if row:
                yield line + 1, _case(header, row, line + 1, path)
            line = rows.line_num
    except csv.Error as error:
        message = f"not valid CSV: {error}"
        yield line + 1, RULE.at(path, Place(line + 1, 1), message, "check the quotes")


def _header_problem(header: list[str]) -> str:
    if "id" not in header:
        return "there is no column `id`"
    if len(set(header)) == len(header):
        return ""
    twice = next(name for name, count in Counter(header).items() if count > 1)
    return f"the column `{shown(twice)}` is here twice"


def _case(header: list[str], row: list[str], line: int, path: str) -> Document | Finding:
    if len(row) != len(header):
        message = f"{len(row)} values for {len(header)} columns"
        return RULE.at(path, Place(line, 1), message, "quote values that hold commas")
    values: dict[str, Any] = dict(zip(header, row, strict=True))
    own = {name: values.pop(name) for name in _COLUMNS if name in values}
    if "must_pass" in own:
        own["must_pass"] = _BOOLEAN.get(own["must_pass"], own["must_pass"])
    return Document(path, own | {"vars": values}, {(): Place(line, 1)})
