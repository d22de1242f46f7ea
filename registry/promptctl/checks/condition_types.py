"""Conditions of oversight rules fit the types that the tool policy gives the arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.suggest import did_you_mean
from promptctl.model.oversight import oversight
from promptctl.model.regions import decimal
from promptctl.model.registry import Artifact, Registry

if TYPE_CHECKING:  # a kind is loaded when a file of it is read
    from promptctl.core.kinds.oversight_policy import Condition
    from promptctl.core.kinds.tool_policy import Argument

_BOUNDS = ("lt", "lte", "gt", "gte")


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    found = oversight(prompt, registry)
    if found is None:
        return
    allowed: dict[tuple[str, str], frozenset[str]] = {}
    for index, rule in enumerate(found.policy.value.rules):
        listed = found.tools.get(rule.action)
        for name in rule.when if listed is not None else ():
            declared = listed.tool.arguments.get(name) if listed is not None else None
            if declared is None:
                continue
            words = allowed.get((rule.action, name))
            if words is None:
                words = allowed[rule.action, name] = frozenset(declared.allowed)
            for key, message, hint in _misfits(name, rule.when[name], declared, words):
                yield at(found.policy, ("rules", index, "when", name, key), message, hint)


def _misfits(
    name: str, condition: Condition, declared: Argument, allowed: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield (key, message, hint)."""
    is_number = declared.type in ("integer", "decimal")
    for key in () if is_number else _BOUNDS:
        if getattr(condition, key) is not None:
            message = f"`{name}` is a {declared.type}, which `{key}` cannot compare"
            yield key, message, "compare with eq, or declare the argument as a decimal"
    word = condition.eq
    if word is None:
        return
    if is_number and decimal(word) is None:
        article = "an" if declared.type == "integer" else "a"
        yield "eq", f"`{name}` is {article} {declared.type}, and never {word!r}", 'write digits, like "50.00"'
    elif declared.type == "boolean" and word not in ("true", "false"):
        yield "eq", f"`{name}` is true or false, and never {word!r}", 'write "true" or "false"'
    elif declared.type == "string" and allowed and word not in allowed:
        yield "eq", f"`{name}` is never {word!r}", did_you_mean(word, declared.allowed, "allowed")


RULE = Rule("PC145", "conditions fit the types of the arguments", kinds=("prompt",), find=_find)
