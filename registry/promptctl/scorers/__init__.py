"""Assertion types by name, one module each: promptfoo's names and meanings. Pure functions of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.suggest import did_you_mean
from promptctl.scorers import (
    contains,
    contains_all,
    contains_any,
    equals,
    icontains,
    is_json,
    latency,
    regex,
    starts_with,
)
from promptctl.scorers.answer import Answer, Check, MakeCheck
from promptctl.scorers.values import filled

__all__ = ["SCORERS", "Answer", "Scorer", "scorer", "scores", "type_problem"]

SCORERS: Mapping[str, MakeCheck] = {
    "contains": contains.make,
    "contains-all": contains_all.make,
    "contains-any": contains_any.make,
    "equals": equals.make,
    "icontains": icontains.make,
    "is-json": is_json.make,
    "latency": latency.make,
    "regex": regex.make,
    "starts-with": starts_with.make,
}
"""Each name may also be written after `not-`, and then means the opposite."""

_NOT = "not-"
_EXECUTABLE = frozenset({"javascript", "python", "ruby", "webhook"})


@dataclass(frozen=True, slots=True)
class Scorer:
    """One assertion, ready for the answers to one case."""

    metric: str
    weight: float
    check: Check
    is_negated: bool = False
    threshold: float | None = None

    def score(self, answer: Answer) -> float:
        """Return 0 or 1."""
        score = float(self.check(answer) != self.is_negated)
        return score if self.threshold is None else float(score >= self.threshold)


def type_problem(name: str) -> tuple[str, str] | None:
    """Say why there is no such assertion type, with a hint, or None."""
    base = name.removeprefix(_NOT)
    if base in SCORERS:
        return None
    if base in _EXECUTABLE:
        return f"assertions of type {name!r} would run code from the registry", "use one that compares"
    negated = _NOT if name.startswith(_NOT) else ""
    known = [f"{negated}{each}" for each in SCORERS]
    return f"there is no assertion type {name!r}", did_you_mean(name, known, "known")


def scorer(assertion: Assertion, scope: Mapping[str, Any]) -> Scorer:
    """Return the scorer of an assertion for one case; `scope` holds the case's `expected` and `vars`.

    Raise `ValueError`, in words for people, where the assertion cannot hold for any answer.
    """
    problem = type_problem(assertion.type)
    if problem:
        raise ValueError(f"{problem[0]} ({problem[1]})")
    base = assertion.type.removeprefix(_NOT)
    try:
        check = SCORERS[base](filled(assertion.value, scope), assertion.threshold)
    except ValueError as error:
        raise ValueError(f"`{assertion.type}` {error}") from error
    return Scorer(
        metric=assertion.metric,
        weight=assertion.weight,
        check=check,
        is_negated=assertion.type.startswith(_NOT),
        threshold=None if base == "latency" else assertion.threshold,
    )


def scores(scorers: Sequence[Scorer], answer: Answer) -> dict[str, float]:
    """Return the score of each metric: the weighted mean of the assertions that carry it, 0 to 1.

    A metric whose assertions weigh nothing together is left out.
    """
    weighed = [each for each in scorers if each.weight > 0]
    metrics = sorted({each.metric for each in weighed})
    return {metric: _mean((each for each in weighed if each.metric == metric), answer) for metric in metrics}


def _mean(scorers: Iterable[Scorer], answer: Answer) -> float:
    carried = list(scorers)
    earned = fsum(each.weight * each.score(answer) for each in carried)
    return earned / fsum(each.weight for each in carried)
