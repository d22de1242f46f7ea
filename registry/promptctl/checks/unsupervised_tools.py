"""Every tool that writes is covered by a rule of the oversight policy, or by a default that asks a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.oversight import (
    ListedTool,
    Oversight,
    PlacedRule,
    listed_tools,
    oversight,
    tool_policies,
)
from promptctl.model.regions import domain
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    tools = listed_tools(tool_policies(prompt, registry) or ())
    writing = {name: each for name, each in tools.items() if each.tool.access == "write"}
    if not writing:
        return
    found = oversight(prompt, registry)
    if prompt.value.uses.oversight_policy is None:
        message = f"no oversight policy says who decides about {_names(list(writing))}, which may write"
        hint = "add oversight_policies/NAME.yaml, and promptctl: {oversight_policy: NAME}"
        yield at(prompt, ("promptctl", "tool_policies"), message, hint)
    elif found is not None and found.policy.value.default == "autonomous":
        yield from _uncovered(prompt, found, writing)


def _uncovered(prompt: Artifact, found: Oversight, writing: dict[str, ListedTool]) -> Iterator[Problem]:
    for name, listed in writing.items():
        left = _left(listed, found.rules.get(name, ()))
        if left is not None:
            path, of = found.policy.path, f" with {left}" if left else ""
            message = f"`{name}` may write, and no rule of {path} covers it{of}: by default it is autonomous"
            rule = f"{{action: {name}, mode: confirm, approvers: {{role: ROLE}}}}"
            hint = f"add - {rule} there, or write default: manual"
            yield at(prompt, ("promptctl", "oversight_policy"), message, hint)


def _left(listed: ListedTool, rules: Sequence[PlacedRule]) -> str | None:
    """Return which calls no rule matches, in words, empty for all of them; None where there are none."""
    if not rules:
        return ""
    if any(not each.box for each in rules):
        return None
    names = {name for each in rules for name in each.box}
    if len(names) > 1:  # boxes of several arguments hardly ever cover everything
        return "other arguments than its rules name"
    (name,) = names
    argument = listed.tool.arguments.get(name)
    spans = [each.box[name] for each in rules]
    if argument is not None and argument.type in ("string", "boolean"):
        words = argument.allowed if argument.type == "string" else ("false", "true")
        matched = {each.word for each in spans}
        missing = [word for word in words if word not in matched]
        return None if words and not missing else f"`{name}` {_names(missing) or 'of another value'}"
    left = [str(each) for each in domain(argument).without(spans)]
    return f"`{name}` {' or '.join(left)}" if left else None


def _names(names: Sequence[str]) -> str:
    shown = list(names) if len(names) <= 3 else [*names[:3], f"{len(names) - 3} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


RULE = Rule(
    "PC139",
    "a person decides about every tool that writes, or a rule says not",
    kinds=("prompt",),
    find=_find,
)
