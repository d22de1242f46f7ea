"""Every assertion can be scored for every case."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.kinds.dataset import Case
from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.names import address_of
from promptctl.model.document import Path
from promptctl.model.registry import Artifact, Registry
from promptctl.scorers import scorer, type_problem
from promptctl.scorers.values import work_of

_CASE = "put it into the case, or change the assertion"
_WORK = 100_000
"""So many short values of cases are filled in: about a second's work."""


def _find(artifact: Artifact, registry: Registry) -> Iterator[Problem]:
    work = _WORK
    if artifact.kind == "eval_suite":
        dataset = registry.artifacts.get(address_of("dataset", artifact.value.dataset))
        cases: tuple[Case, ...] = dataset.value.cases if dataset else ()
        for index, assertion in enumerate(artifact.value.assertions):
            work -= work_of(assertion.value) * len(cases)
            if work < 0:
                yield _too_much(artifact, ("assert", index))
                return
            yield from _of_suite(artifact, index, assertion, cases)
        return
    for index, case in enumerate(artifact.value.cases):
        for assertion in case.assertions:
            work -= work_of(assertion.value)
            if work < 0:
                yield _too_much(artifact, ("cases", index))
                return
            yield from _of_case(artifact, index, case, assertion)


def _too_much(artifact: Artifact, path: Path) -> Problem:
    message = "the assertions before this one have more values of cases than can be tried"
    return at(artifact, path, message, "divide the suite, or its dataset, into several")


def _of_suite(
    suite: Artifact, index: int, assertion: Assertion, cases: tuple[Case, ...]
) -> Iterator[Problem]:
    """Yield one problem at most: of all cases that do not fit, the first is named."""
    problem = type_problem(assertion.type)
    if problem:
        yield at(suite, ("assert", index, "type"), *problem)
        return
    asked = cases if work_of(assertion.value) else cases[:1]
    wrong = [(case, why) for case in asked if (why := _why_not(assertion, case))]
    if wrong:
        case, why = wrong[0]
        more = (len(wrong) if work_of(assertion.value) else len(cases)) - 1
        others = f", and {more} more" if more else ""
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
