"""Every assertion can be scored for every case."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.kinds.dataset import Case
from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.names import address_of
from promptctl.model.registry import Artifact, Registry
from promptctl.scorers import scorer, type_problem

_CASE = "put it into the case, or change the assertion"


def _find(artifact: Artifact, registry: Registry) -> Iterator[Problem]:
    if artifact.kind == "eval_suite":
        dataset = registry.artifacts.get(address_of("dataset", artifact.value.dataset))
        cases: tuple[Case, ...] = dataset.value.cases if dataset else ()
        for index, assertion in enumerate(artifact.value.assertions):
            yield from _of_suite(artifact, index, assertion, cases)
    else:
        for index, case in enumerate(artifact.value.cases):
            for assertion in case.assertions:
                yield from _of_case(artifact, index, case, assertion)


def _of_suite(
    suite: Artifact, index: int, assertion: Assertion, cases: tuple[Case, ...]
) -> Iterator[Problem]:
    """Yield one problem at most: of all cases that do not fit, the first is named."""
    problem = type_problem(assertion.type)
    if problem:
        yield at(suite, ("assert", index, "type"), *problem)
        return
    wrong = [(case, why) for case in cases if (why := _why_not(assertion, case))]
    if wrong:
        case, why = wrong[0]
        others = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        yield at(suite, ("assert", index), f"{why} (case {case.id}{others})", _CASE)


def _of_case(dataset: Artifact, index: int, case: Case, assertion: Assertion) -> Iterator[Problem]:
    problem = type_problem(assertion.type)
    why = "" if problem else _why_not(assertion, case)
    if problem:
        yield at(dataset, ("cases", index), f"case {case.id}: {problem[0]}", problem[1])
    elif why:
        yield at(dataset, ("cases", index), f"case {case.id}: {why}", _CASE)


def _why_not(assertion: Assertion, case: Case) -> str:
    try:
        scorer(assertion, {"expected": case.expected, "vars": case.vars})
    except ValueError as error:
        return str(error)
    return ""


RULE = Rule(
    "PC110",
    "an assertion has a known type and a value that fits every case",
    kinds=("eval_suite", "dataset"),
    find=_find,
)
