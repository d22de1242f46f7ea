"""Every oversight rule decides about some call: another rule that is as strict does not do it already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.oversight import ListedTool, PlacedRule, oversight
from promptctl.model.regions import domain, holds
from promptctl.model.registry import Artifact, Registry

if TYPE_CHECKING:  # a kind is loaded when a file of it is read
    from promptctl.core.kinds.oversight_policy import OversightRule
    from promptctl.core.kinds.tool_policy import Argument


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    found = oversight(prompt, registry)
    if found is None:
        return
    for action, rules in found.compared():
        for rule in rules:
            problem = _impossible(rule, found.tools.get(action)) or _covered(rule, rules)
            if problem is not None:
                yield at(found.policy, ("rules", rule.index), *problem)


def _impossible(rule: PlacedRule, listed: ListedTool | None) -> tuple[str, str] | None:
    """Say why no call can match a rule, with a hint."""
    arguments: Mapping[str, Argument] = listed.tool.arguments if listed else {}
    for name, span in rule.box.items():
        if span.is_empty:
            return (
                f"this rule matches nothing: no number satisfies its bounds of `{name}`",
                "correct the bounds",
            )
        allowed = domain(arguments.get(name))
        if listed is not None and span.word is None and span.meets(allowed) is None:
            message = f"this rule matches nothing: {listed.policy.path} allows `{name}` {allowed} only"
            return message, "remove the rule, or allow more there"
    return None


def _covered(rule: PlacedRule, rules: Sequence[PlacedRule]) -> tuple[str, str] | None:
    """Say which rule decides wherever this one matches, with a hint."""
    for other in rules:
        if other is rule or not holds(other.box, rule.box):
            continue
        same = f"this rule decides nothing: {other.name}"
        if other.strictness > rule.strictness:
            message = (
                f"{same} matches the same calls, and {other.rule.mode} is stricter than {rule.rule.mode}"
            )
            return message, "change the bounds of one of them, or remove this one"
        is_first = other.index < rule.index or not holds(rule.box, other.box)
        if is_first and _outcome(other.rule) == _outcome(rule.rule):
            return f"{same} says the same of these calls", "remove this one"
    return None


def _outcome(rule: OversightRule) -> tuple[object, ...]:
    return rule.mode, rule.approvers, rule.expires_in, rule.on_timeout


RULE = Rule(
    "PC142", "every oversight rule decides about some call", severity="warning", kinds=("prompt",), find=_find
)
