"""A thread is messages, not a value inside of one: there is no delimiter to escape it against."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, _: Registry) -> Iterator[Problem]:
    for name, each in prompt.value.inputs.items():
        if each.kind == "thread" and each.trust != "author":
            message = f"`{name}` is a thread, whose messages the application gives as they are"
            yield at(prompt, ("inputs", name, "trust"), message)


RULE = Rule(
    "PC123",
    "trust is said of values, not of threads",
    "leave trust out: each message of a thread stands alone, under its own role",
    kinds=("prompt",),
    find=_find,
)
