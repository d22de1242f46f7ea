"""Every case of a dataset asks something else: a question that is asked twice counts twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.kinds.dataset import Case
from promptctl.model.document import shown
from promptctl.model.registry import Artifact, Registry

_JSON = json.JSONEncoder(sort_keys=True)


def _find(dataset: Artifact, _: Registry) -> Iterator[Problem]:
    first: dict[str, Case] = {}
    for index, case in enumerate(dataset.value.cases):
        if not case.vars and not case.documents:
            continue
        before = first.setdefault(_asked(case), case)
        if before is not case:
            differ = "" if before.expected == case.expected else ", and expects something else"
            message = f"case {shown(case.id)} asks the same as case {shown(before.id)}{differ}"
            yield at(dataset, ("cases", index), message)


def _asked(case: Case) -> str:
    return _JSON.encode([case.vars, [asdict(each) for each in case.documents]])


RULE = Rule(
    "PC154",
    "every case of a dataset asks something else",
    "put what both check into one case; ask a suite's question more often with repeats: N",
    "warning",
    kinds=("dataset",),
    find=_find,
)
