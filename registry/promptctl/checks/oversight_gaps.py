"""The rules about one tool leave no gap between them.

What lies outside of all of them is what the default is for; what lies between two was hardly meant for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.oversight import PlacedRule, oversight
from promptctl.model.regions import Box, Span, domain, holds
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    found = oversight(prompt, registry)
    if found is None:
        return
    for action, rules in found.compared():
        if len(rules) < 2:
            continue
        arguments = found.tools[action].tool.arguments if action in found.tools else {}
        for name in dict.fromkeys(name for rule in rules for name in rule.box):
            for rule, gap in _gaps(name, rules):
                if gap.meets(domain(arguments.get(name))) is not None:
                    default = found.policy.value.default
                    message = (
                        f"no rule about `{action}` matches `{name}` {gap}: the default, {default}, decides"
                    )
                    yield at(found.policy, ("rules", rule.index, "when", name), message, _HINT)


def _gaps(name: str, rules: Sequence[PlacedRule]) -> Iterator[tuple[PlacedRule, Span]]:
    """Yield the gaps of one argument, each with the rule that begins where it ends.

    A gap lies between rules that differ in this argument alone; those with fewer conditions fill it too.
    """
    for others, bounded in _alike(name, rules):
        if len(bounded) < 2:
            continue
        begins = sorted(bounded, key=lambda each: each.box[name].low)
        first, end = begins[0].box[name], max(each.box[name].high for each in bounded)
        filling = [each.box.get(name, Span()) for each in rules if holds(_without(name, each.box), others)]
        for gap in Span(first.low, end, first.whole).without(filling):
            yield next(each for each in begins if each.box[name].low >= gap.high), gap


def _alike(name: str, rules: Sequence[PlacedRule]) -> Iterator[tuple[Box, list[PlacedRule]]]:
    """Yield the rules that bound an argument by number, together where all else that they say is equal."""
    groups: list[tuple[Box, list[PlacedRule]]] = []
    for rule in rules:
        span = rule.box.get(name)
        if span is None or span.word is not None or span.is_empty:
            continue
        others = _without(name, rule.box)
        group = next((each for box, each in groups if box == others), None)
        if group is None:
            groups.append((others, [rule]))
        else:
            group.append(rule)
    yield from groups


def _without(name: str, box: Box) -> Box:
    return {key: span for key, span in box.items() if key != name}


_HINT = (
    "let one rule begin where the other ends (lte and gt, the same number), or add a rule for these values"
)

RULE = Rule(
    "PC141",
    "rules about one tool leave no gap between them",
    severity="warning",
    kinds=("prompt",),
    find=_find,
)
