"""Two tool policies of one prompt do not say different things of one tool."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.oversight import listed_tools, tool_policies
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    policies = tool_policies(prompt, registry) or ()
    if len(policies) < 2:
        return
    first = listed_tools(policies)
    for index, policy in enumerate(policies):
        for name, listed in listed_tools((policy,)).items():
            other = first[name]
            if other.tool != listed.tool:
                message = f"{other.policy.path} and {policy.path} say different things of the tool `{name}`"
                yield at(prompt, ("promptctl", "tool_policies", index), message)


RULE = Rule(
    "PC147",
    "two tool policies of a prompt agree on a tool",
    "keep the tool in one of them",
    "warning",
    kinds=("prompt",),
    find=_find,
)
