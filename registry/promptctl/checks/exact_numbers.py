"""Bounds in policies are decimals, durations say their unit, patterns compile."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core import durations
from promptctl.model.document import Path, shown
from promptctl.model.regions import decimal
from promptctl.model.registry import Artifact, Registry
from promptctl.scorers import regex

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_BOUNDS = ("lt", "lte", "gt", "gte")


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    return _oversight(artifact) if artifact.kind == "oversight_policy" else _tools(artifact)


def _oversight(artifact: Artifact) -> Iterator[Problem]:
    for index, rule in enumerate(artifact.value.rules):
        if rule.expires_in is not None:
            yield from _duration(artifact, ("rules", index, "expires_in"), rule.expires_in)
        for name, condition in rule.when.items():
            for key in _BOUNDS:
                yield from _decimal(artifact, ("rules", index, "when", name, key), getattr(condition, key))


def _duration(artifact: Artifact, path: Path, text: str) -> Iterator[Problem]:
    try:
        durations.seconds(text)
    except ValueError as error:
        yield at(artifact, path, f"{shown(text)!r} {error}", durations.HINT)


def _tools(artifact: Artifact) -> Iterator[Problem]:
    for index, tool in enumerate(artifact.value.tools):
        for name, argument in tool.arguments.items():
            path = ("tools", index, "arguments", name)
            yield from _decimal(artifact, (*path, "min"), argument.min)
            yield from _decimal(artifact, (*path, "max"), argument.max)
            if argument.pattern is not None:
                yield from _pattern(artifact, (*path, "pattern"), argument.pattern)


def _decimal(artifact: Artifact, path: Path, text: str | None) -> Iterator[Problem]:
    if text is None:
        return
    if _DECIMAL.fullmatch(text) is None:
        yield at(artifact, path, f"{shown(text)!r} is no decimal number", 'write digits, like "50.00"')
    elif decimal(text) is None:
        yield at(artifact, path, f"{shown(text)!r} has more than 40 digits", "write fewer of them")


def _pattern(artifact: Artifact, path: Path, text: str) -> Iterator[Problem]:
    """Patterns of arguments are those of suites (docs/adr/0008): whatever they say, they take linear time."""
    try:
        regex.compiled(text)
    except ValueError as error:
        why = str(error).removeprefix("has a pattern that ").partition(", which takes")[0]
        hint = "list the values under allowed instead, or check them in the tool"
        if why.startswith("cannot be read"):
            hint = "escape what is meant as text with \\"
        yield at(artifact, path, f"the pattern {shown(text)!r} {why}", hint)


RULE = Rule(
    "PC114",
    "bounds are decimals, durations have a unit, patterns compile",
    kinds=("oversight_policy", "tool_policy"),
    find=_find,
)
