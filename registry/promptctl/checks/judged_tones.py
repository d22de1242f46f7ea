"""A tone that suites enforce names the judge that they ask; one that runtimes enforce names none.

A warning: guardrails are written before their judges are.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(guardrail: Artifact, _: Registry) -> Iterator[Problem]:
    for index, rule in enumerate(guardrail.value.output):
        path = ("output", index)
        if rule.type != "tone":
            continue
        if rule.enforce == "eval" and rule.judge is None:
            message = "suites are to judge this tone, and no judge is named"
            yield at(
                guardrail, (*path, "enforce"), message, "add judge: judges/NAME, a prompt in prompts/judges/"
            )
        elif rule.enforce == "runtime" and (rule.judge is not None or rule.min_score is not None):
            key = "judge" if rule.judge is not None else "min_score"
            message = f"`{key}` is for suites, and this rule is enforced at run time"
            yield at(guardrail, (*path, key), message, f"add enforce: eval, or remove {key}")


RULE = Rule(
    "PC149",
    "a tone that suites enforce has a judge, and only such a tone",
    severity="warning",
    kinds=("guardrail",),
    find=_find,
)
