"""Every declared input is used somewhere in the body."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    used = _used(artifact)
    for name in artifact.value.inputs:
        if name not in used:
            yield at(artifact, ("inputs", name), f"the input `{name}` is declared and never used")


def _used(artifact: Artifact) -> set[str]:
    names = {name.name for template in artifact.templates for name in template.names()}
    if artifact.kind == "prompt":
        names |= {each.thread for each in artifact.value.messages if each.thread}
    return names


RULE = Rule(
    "PC103",
    "a declared input is used",
    "use it in the body, or remove it",
    "warning",
    kinds=("prompt", "context_template"),
    find=_find,
)
