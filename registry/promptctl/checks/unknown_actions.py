"""Oversight rules are about tools that there are.

An oversight policy is shared by prompts with different tools: a rule is wrong where none of them has its
tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptctl.checks.rule import Outline, Problem, RegistryRule
from promptctl.core.names import address_of
from promptctl.core.suggest import did_you_mean
from promptctl.model.document import Place
from promptctl.model.registry import Artifact

_FOLDERS = ("prompts/", "tool_policies/")


def _gathered(artifact: Artifact) -> dict[str, Any]:
    value = artifact.value
    if artifact.kind == "prompt":
        oversight, policies = value.uses.oversight_policy, value.uses.tool_policies
        return {
            "oversight": None if oversight is None else address_of("oversight_policy", oversight),
            "policies": [address_of("tool_policy", each) for each in policies],
            "tools": [each.name for each in value.tools],
        }
    if artifact.kind == "tool_policy":
        return {"allows_all": value.default == "allow", "tools": [each.name for each in value.tools]}
    return {
        "actions": [
            [each.action, *artifact.place(("rules", index, "action"))]
            for index, each in enumerate(value.rules)
        ]
    }


def _find(outline: Outline, gathered: Mapping[str, Any]) -> Iterator[Problem]:
    if any(each.startswith(_FOLDERS) for each in outline.unread):
        return
    known = _known(gathered)
    for address, tools in known.items():
        for action, line, column in gathered[address]["actions"]:
            if tools and action not in tools:
                message = f"no tool policy of its prompts lists `{action}`, so this rule never matches"
                hint = did_you_mean(action, sorted(tools), "tools")
                yield Problem(outline.paths[address], Place(line, column), message, hint)


def _known(gathered: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return by oversight policy the tools of the prompts that name it; none where any tool is allowed."""
    known: dict[str, set[str]] = {}
    open_ended = set()
    for prompt in (each for each in gathered.values() if "oversight" in each):
        address = prompt["oversight"]
        policies = [gathered[each] for each in prompt["policies"] if each in gathered]
        if address not in gathered:
            continue
        if not policies or any(each["allows_all"] for each in policies):
            open_ended.add(address)
        known.setdefault(address, set()).update(prompt["tools"], *(each["tools"] for each in policies))
    return {address: tools for address, tools in known.items() if address not in open_ended}


RULE = RegistryRule(
    "PC140",
    "oversight rules are about tools that a tool policy lists",
    severity="warning",
    kinds=("prompt", "tool_policy", "oversight_policy"),
    gather=_gathered,
    find=_find,
)
