"""Where a person confirms, the rule says who; where nobody is asked, it names nobody."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(policy: Artifact, _: Registry) -> Iterator[Problem]:
    for index, rule in enumerate(policy.value.rules):
        path = ("rules", index)
        if rule.mode == "confirm" and rule.approvers is None:
            message = f"nobody is named who may confirm `{rule.action}`"
            yield at(policy, (*path, "mode"), message, "add approvers: {role: ROLE}")
        elif rule.mode in ("autonomous", "forbidden") and (rule.approvers or rule.expires_in):
            key = "approvers" if rule.approvers else "expires_in"
            message = f"nobody is asked about `{rule.action}` where the mode is {rule.mode}"
            yield at(policy, (*path, key), message, f"remove {key}, or write mode: confirm")


RULE = Rule(
    "PC157",
    "a rule names approvers where a person confirms, and only there",
    severity="warning",
    kinds=("oversight_policy",),
    find=_find,
)
