"""A prompt with tools says by a tool policy what they may do.

A warning: prompts that come from elsewhere have tools, and their policies are written afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, _: Registry) -> Iterator[Problem]:
    if prompt.value.tools and not prompt.value.uses.tool_policies:
        names = [each.name for each in prompt.value.tools]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        message = f"no tool policy says what the model may do with {', '.join(names[:3])}{more}"
        yield at(prompt, ("tools",), message)


RULE = Rule(
    "PC138",
    "a prompt with tools has a tool policy",
    "add tool_policies/NAME.yaml with the tools and their access, and promptctl: {tool_policies: [NAME]}",
    "warning",
    kinds=("prompt",),
    find=_find,
)
