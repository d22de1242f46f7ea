"""Bounds of arguments in a tool policy fit the type of the argument, and each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.regions import decimal
from promptctl.model.registry import Artifact, Registry

if TYPE_CHECKING:  # a kind is loaded when a file of it is read
    from promptctl.core.kinds.tool_policy import Argument

_KEYS = {
    "string": ("pattern", "allowed"),
    "integer": ("min", "max", "allowed"),
    "decimal": ("min", "max", "allowed"),
    "boolean": ("allowed",),
}


def _find(policy: Artifact, _: Registry) -> Iterator[Problem]:
    for index, tool in enumerate(policy.value.tools):
        for name, argument in tool.arguments.items():
            for key, message, hint in _misfits(name, argument):
                yield at(policy, ("tools", index, "arguments", name, key), message, hint)


def _misfits(name: str, argument: Argument) -> Iterator[tuple[str, str, str]]:
    """Yield (key, message, hint)."""
    article = "an" if argument.type == "integer" else "a"
    for key in ("min", "max", "pattern"):
        if getattr(argument, key) is not None and key not in _KEYS[argument.type]:
            other = "string" if key == "pattern" else "decimal"
            message = f"`{name}` is {article} {argument.type}, which has no `{key}`"
            yield key, message, f"remove {key}, or write type: {other}"
    low, high = decimal(argument.min or ""), decimal(argument.max or "")
    if low is not None and high is not None and low > high:
        message = f"`{name}` is never both at least {argument.min} and at most {argument.max}"
        yield "min", message, "exchange min and max"
    for word in argument.allowed:
        if not _is_of(argument.type, word):
            message = f"`{name}` is {article} {argument.type}, and never {word!r}"
            yield "allowed", message, "correct the value, or the type"


def _is_of(kind: str, word: str) -> bool:
    if kind == "boolean":
        return word in ("true", "false")
    number = decimal(word)
    if kind == "integer":
        return number is not None and number == number.to_integral_value()
    return kind == "string" or number is not None


RULE = Rule("PC156", "bounds of arguments fit their type and each other", kinds=("tool_policy",), find=_find)
