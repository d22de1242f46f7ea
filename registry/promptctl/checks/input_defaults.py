"""A default is a value that a caller could have given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.inputs import Inputs
from promptctl.core.kinds.inputs import Input, Value
from promptctl.errors import InputError
from promptctl.model.registry import Artifact, Registry


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    for name, each in artifact.value.inputs.items():
        problem = _problem(name, each)
        if problem:
            yield at(artifact, ("inputs", name, "default"), problem)


def _problem(name: str, declared: Input) -> str:
    if declared.default is None:
        return ""
    if declared.kind == "thread":
        return f"`{name}` is a thread: missing means empty, so it has no default"
    if declared.required:
        return f"`{name}` is required, so its default is never used"
    try:
        Inputs({name: spec(declared)}).accept({name: declared.default})
    except InputError as error:
        return f"the default does not fit: {error.message}"
    return ""


def spec(declared: Input | Value) -> dict[str, Any]:
    """Return a declaration as it stands in a bundle, without its default."""
    plain: dict[str, Any] = {"kind": declared.kind, "required": declared.required}
    if declared.enumValues:
        plain["enumValues"] = list(declared.enumValues)
    if declared.items is not None:
        plain["items"] = spec(declared.items)
    if declared.properties:
        plain["properties"] = {name: spec(each) for name, each in declared.properties.items()}
    return plain


RULE = Rule(
    "PC104",
    "a default fits its input",
    "change the default, or the declaration",
    kinds=("prompt", "context_template"),
    find=_find,
)
