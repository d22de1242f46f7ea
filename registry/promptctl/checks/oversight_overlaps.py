"""Two rules about one tool do not say different things of the same call.

A rule with more conditions may be stricter than a general one: that is how exceptions are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.oversight import PlacedRule, oversight
from promptctl.model.regions import Box, holds, meets, said
from promptctl.model.registry import Artifact, Registry

if TYPE_CHECKING:  # a kind is loaded when a file of it is read
    from promptctl.core.kinds.oversight_policy import OversightRule


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    found = oversight(prompt, registry)
    if found is None:
        return
    for action, rules in found.compared():
        for one, other in combinations(rules, 2):
            both = _contested(one, other)
            if both is not None:
                message = (
                    f"{one.name} and this rule both match `{action}`{_with(both)}: {_difference(one, other)}"
                )
                yield at(found.policy, ("rules", other.index), message)


def _contested(one: PlacedRule, other: PlacedRule) -> Box | None:
    """Return the calls about which two rules say different things, or None."""
    if one.box.keys() != other.box.keys():
        return None
    both = meets(one.box, other.box)
    if one.rule.mode == other.rule.mode:
        return both if _terms(one.rule) != _terms(other.rule) else None
    nested = holds(one.box, other.box) or holds(other.box, one.box)
    return None if nested else both


def _difference(one: PlacedRule, other: PlacedRule) -> str:
    if one.rule.mode == other.rule.mode:
        return "they name other approvers or times"
    strict, lax = sorted((one, other), key=lambda each: -each.strictness)
    return f"{strict.rule.mode} wins over {lax.rule.mode}"


def _terms(rule: OversightRule) -> tuple[object, ...]:
    return rule.approvers, rule.expires_in, rule.on_timeout


def _with(both: Box) -> str:
    return f" with {said(both)}" if both else ""


RULE = Rule(
    "PC143",
    "rules about one tool do not contradict each other",
    "let one rule end where the other begins: lte and gt with the same number",
    "warning",
    kinds=("prompt",),
    find=_find,
)
