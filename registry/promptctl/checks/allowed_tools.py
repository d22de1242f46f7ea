"""A tool that a prompt offers to the model is allowed by one of the prompt's tool policies."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.suggest import nearest
from promptctl.model.oversight import listed_tools, tool_policies
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    policies = tool_policies(prompt, registry)
    if not policies or any(each.value.default == "allow" for each in policies):
        return
    allowed = listed_tools(policies)
    for index, tool in enumerate(prompt.value.tools):
        if tool.name not in allowed:
            close = nearest(tool.name, allowed)
            add = f"list it there: {{name: {tool.name}, access: read}}"
            paths = " or ".join(dict.fromkeys(each.path for each in policies))
            message = f"the tool `{tool.name}` is not allowed by {paths}"
            hint = f"did you mean {close}? Otherwise {add}" if close else add
            yield at(prompt, ("tools", index, "name"), message, hint)


RULE = Rule("PC137", "a prompt's tools are allowed by its tool policies", kinds=("prompt",), find=_find)
