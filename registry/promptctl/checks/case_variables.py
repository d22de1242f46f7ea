"""The cases of a suite give its target the inputs that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.input_defaults import spec
from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.inputs import Inputs
from promptctl.core.kinds.dataset import Case
from promptctl.core.names import address_of
from promptctl.errors import InputError
from promptctl.model.registry import Artifact, Registry

_PER_CASE = re.compile(r"(?<=\[)\d+(?=\])|(?<=: ).*(?= is not one of )|\{.*\}", re.DOTALL)
"""What a message quotes of one case: the index in a list, a value."""
_WRONG = 1_000
"""After so many that do not fit, the others need not be looked at."""


def _find(suite: Artifact, registry: Registry) -> Iterator[Problem]:
    target = registry.artifacts.get(suite.value.target)
    dataset = registry.artifacts.get(address_of("dataset", suite.value.dataset))
    if target is not None and dataset is not None:
        yield from _of_cases(target, dataset)


def _of_cases(target: Artifact, dataset: Artifact) -> Iterator[Problem]:
    """Yield one problem for all cases that have one of the same kind: the first of them is named."""
    inputs = Inputs({name: spec(each) for name, each in target.value.inputs.items()})
    has_context = target.value.uses.context_template is not None
    wrong: dict[str, list[int]] = {}
    said: dict[str, tuple[str, str]] = {}
    for index, case in enumerate(dataset.value.cases):
        if sum(map(len, wrong.values())) >= _WRONG:
            break
        problem = _problem(inputs, case, has_context=has_context)
        if problem:
            kind = _PER_CASE.sub("…", problem[0])
            wrong.setdefault(kind, []).append(index)
            said.setdefault(kind, problem)
    for kind, indexes in wrong.items():
        first, more = dataset.value.cases[indexes[0]].id, len(indexes) - 1
        at_least = "at least " if len(indexes) >= _WRONG else ""
        which = f"case {first} and {at_least}{more} more do" if more else f"case {first} does"
        message, hint = said[kind]
        yield at(dataset, ("cases", indexes[0]), f"{which} not fit {target.address}: {message}", hint)


def _problem(inputs: Inputs, case: Case, *, has_context: bool) -> tuple[str, str] | None:
    given = dict(case.vars)
    if has_context:
        given.setdefault("context", "")
    try:
        inputs.accept(given)
    except InputError as error:
        return error.message, error.hint if error.hint.startswith("did you mean") else ""
    return None


RULE = Rule(
    "PC112",
    "the vars of a case are the inputs of the suite's target",
    "change the case's vars",
    kinds=("eval_suite",),
    find=_find,
)
