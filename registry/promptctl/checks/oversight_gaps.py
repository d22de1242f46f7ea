"""The rules about one tool leave no gap between them.

What lies outside of all of them is what the default is for; what lies between two was hardly meant for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.oversight import (
    PlacedRule,
    listed_tools,
    oversight_policy,
    rules_by_action,
    tool_policies,
)
from promptctl.model.regions import Span, domain, holds
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    policy = oversight_policy(prompt, registry)
    if policy is None:
        return
    tools = listed_tools(tool_policies(prompt, registry) or ())
    for action, rules in rules_by_action(policy, tools).items():
        if len(rules) < 2:
            continue
        arguments = tools[action].tool.arguments if action in tools else {}
        for name in dict.fromkeys(name for rule in rules for name in rule.box):
            for rule, gap in _gaps(name, rules):
                if gap.meets(domain(arguments.get(name))) is not None:
                    default = policy.value.default
                    message = (
                        f"no rule about `{action}` matches `{name}` {gap}: the default, {default}, decides"
                    )
                    yield at(policy, ("rules", rule.index, "when", name), message, _HINT)


def _gaps(name: str, rules: Sequence[PlacedRule]) -> Iterator[tuple[PlacedRule, Span]]:
    """Yield the gaps of one argument, each with the rule that begins where it ends.

    Rules are compared that differ in this argument alone; those with fewer conditions fill gaps too.
    """
    while rules:
        others = {key: span for key, span in rules[0].box.items() if key != name}
        alike = [
            each for each in rules if {key: span for key, span in each.box.items() if key != name} == others
        ]
        rules = [each for each in rules if each not in alike]
        spans = [each for each in alike if name in each.box and each.box[name].word is None]
        if len(spans) < 2:
            continue
        begins = sorted(spans, key=lambda each: each.box[name].low)
        end = max(each.box[name].high for each in spans)
        around = Span(begins[0].box[name].low, end, begins[0].box[name].whole)
        filling = [
            each.box.get(name, Span())
            for each in (*spans, *rules, *alike)
            if holds({key: span for key, span in each.box.items() if key != name}, others)
        ]
        for gap in around.without(filling):
            yield next(each for each in begins if each.box[name].low >= gap.high), gap


_HINT = "let one rule begin where the other ends: lte and gt, or lt and gte, with the same number"

RULE = Rule(
    "PC141",
    "rules about one tool leave no gap between them",
    severity="warning",
    kinds=("prompt",),
    find=_find,
)
