"""Oversight rules are about tools that there are.

An oversight policy is shared by prompts with different tools: a rule is wrong where none of them has its
tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from promptctl.checks.rule import Outline, Problem, RegistryRule
from promptctl.core.names import address_of
from promptctl.core.suggest import did_you_mean
from promptctl.model.document import Place
from promptctl.model.findings import FINDINGS_PER_FILE
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
    for address, prompts in _prompts(gathered).items():
        yield from islice(_of_policy(address, prompts, outline, gathered), FINDINGS_PER_FILE)


def _prompts(gathered: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what is known of the prompts of each oversight policy."""
    prompts: dict[str, list[Any]] = {}
    for each in gathered.values():
        if each.get("oversight") in gathered:
            prompts.setdefault(each["oversight"], []).append(each)
    return prompts


def _of_policy(
    address: str, prompts: list[Any], outline: Outline, gathered: Mapping[str, Any]
) -> Iterator[Problem]:
    policies = {each for prompt in prompts for each in prompt["policies"] if each in gathered}
    may_do_anything = any(gathered[each]["allows_all"] for each in policies)
    if may_do_anything or not all(prompt["policies"] for prompt in prompts):
        return
    tools = {tool for each in (*prompts, *(gathered[name] for name in policies)) for tool in each["tools"]}
    for action, line, column in gathered[address]["actions"]:
        if tools and action not in tools:
            message = f"no tool policy of its prompts lists `{action}`, so this rule never matches"
            hint = did_you_mean(action, sorted(tools), "tools")
            yield Problem(outline.paths[address], Place(line, column), message, hint)


RULE = RegistryRule(
    "PC140",
    "oversight rules are about tools that a tool policy lists",
    severity="warning",
    kinds=("prompt", "tool_policy", "oversight_policy"),
    gather=_gathered,
    find=_find,
)
