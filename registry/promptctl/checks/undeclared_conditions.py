"""Conditions of oversight rules are on arguments that the tool policy declares.

A call without the argument gets the strictest answer, so a condition on a misspelt one stops every call.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.suggest import nearest
from promptctl.model.oversight import oversight
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    found = oversight(prompt, registry)
    if found is None:
        return
    for index, rule in enumerate(found.policy.value.rules):
        listed = found.tools.get(rule.action)
        for name in rule.when if listed is not None else ():
            if listed is not None and name not in listed.tool.arguments:
                close = nearest(name, listed.tool.arguments)
                kind = "decimal" if rule.when[name].eq is None else "string"
                declare = f"declare it there: arguments: {{{name}: {{type: {kind}}}}}"
                message = f"{listed.policy.path} declares no argument `{name}` of `{rule.action}`"
                hint = f"did you mean {close}? Otherwise {declare}" if close else declare
                yield at(found.policy, ("rules", index, "when", name), message, hint)


RULE = Rule(
    "PC144",
    "oversight rules bound arguments that the tool policy declares",
    severity="warning",
    kinds=("prompt",),
    find=_find,
)
