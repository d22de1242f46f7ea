"""A tool policy lists a tool once: of two entries nobody knows which holds."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(policy: Artifact, _: Registry) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, tool in enumerate(policy.value.tools):
        before = first.setdefault(tool.name, index)
        if before != index:
            line = policy.place(("tools", before)).line
            message = f"the tool `{tool.name}` is here twice, first on line {line}"
            yield at(policy, ("tools", index, "name"), message, "keep one entry, or correct the name")


RULE = Rule("PC146", "a tool policy lists a tool once", kinds=("tool_policy",), find=_find)
