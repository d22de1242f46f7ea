"""The oversight of a prompt: rules of its oversight policy, beside the tools that its tool policies list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from promptctl.core.names import address_of
from promptctl.model.regions import Box, box
from promptctl.model.registry import Artifact, Registry

if TYPE_CHECKING:  # a kind is loaded when a file of it is read
    from promptctl.core.kinds.oversight_policy import OversightRule
    from promptctl.core.kinds.tool_policy import AllowedTool

_RULES_PER_ACTION = 50
_ARGUMENTS_PER_RULE = 10
"""Rules about one action are compared with each other: the first so many, of so many arguments at most."""


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool with the tool policy that lists it, and the place there."""

    tool: AllowedTool
    policy: Artifact
    index: int


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule with its index and line in the oversight policy, and the calls that it matches."""

    index: int
    line: int
    rule: OversightRule
    box: Box

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return f"the rule on line {self.line}"

    @property
    def strictness(self) -> int:
        """Return its rank among the modes."""
        from promptctl.core.kinds.oversight_policy import STRICTNESS

        return STRICTNESS[self.rule.mode]


@dataclass(frozen=True, slots=True)
class Oversight:
    """An oversight policy beside the tool policies of one prompt.

    `tools` are those that the tool policies list, by name, `rules` those of the oversight policy by the tool
    that they are about, in file order; rules with numbers that are none are left out.
    """

    policy: Artifact
    tools: Mapping[str, ListedTool]
    rules: Mapping[str, Sequence[PlacedRule]]

    def compared(self) -> Iterator[tuple[str, Sequence[PlacedRule]]]:
        """Yield each tool with the rules about it that may be compared with each other in bounded time."""
        for action, rules in self.rules.items():
            yield action, [each for each in rules if len(each.box) <= _ARGUMENTS_PER_RULE][:_RULES_PER_ACTION]


def tool_policies(prompt: Artifact, registry: Registry) -> tuple[Artifact, ...] | None:
    """Return the tool policies of a prompt in its order; None where one of them cannot be read."""
    found = [
        registry.artifacts.get(address_of("tool_policy", name)) for name in prompt.value.uses.tool_policies
    ]
    read = tuple(each for each in found if each is not None)
    return read if len(read) == len(found) else None


def listed_tools(policies: tuple[Artifact, ...]) -> dict[str, ListedTool]:
    """Return the tools that the policies list, by name; of two entries the first."""
    tools: dict[str, ListedTool] = {}
    for policy in policies:
        for index, tool in enumerate(policy.value.tools):
            tools.setdefault(tool.name, ListedTool(tool, policy, index))
    return tools


def oversight(prompt: Artifact, registry: Registry) -> Oversight | None:
    """Return the oversight of a prompt, where it names an oversight policy that can be read."""
    name = prompt.value.uses.oversight_policy
    policy = None if name is None else registry.artifacts.get(address_of("oversight_policy", name))
    if policy is None:
        return None
    policies = tool_policies(prompt, registry) or ()
    return _oversight(_Itself(policy), tuple(map(_Itself, policies)))


class _Itself:
    """An artifact as a key: equal to itself alone, and kept for as long as it is one."""

    __slots__ = ("artifact",)

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.artifact is self.artifact

    def __hash__(self) -> int:
        return id(self.artifact)


@lru_cache(maxsize=8)  # prompts share policies, and each is looked at by several rules
def _oversight(policy: _Itself, policies: tuple[_Itself, ...]) -> Oversight:
    tools = listed_tools(tuple(each.artifact for each in policies))
    return Oversight(policy.artifact, tools, _rules(policy.artifact, tools))


def _rules(policy: Artifact, tools: Mapping[str, ListedTool]) -> dict[str, list[PlacedRule]]:
    rules: dict[str, list[PlacedRule]] = {}
    for index, rule in enumerate(policy.value.rules):
        listed = tools.get(rule.action)
        matched = box(rule, listed.tool.arguments if listed else {})
        of_action = rules.setdefault(rule.action, [])
        if matched is not None:
            line = policy.place(("rules", index)).line
            of_action.append(PlacedRule(index, line, rule, matched))
    return rules
