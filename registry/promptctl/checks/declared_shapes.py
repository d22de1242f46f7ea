"""The parts of a declaration fit its kind: enumValues are values of it, only arrays have items, and so on."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.inputs import Inputs
from promptctl.core.kinds.inputs import Input, Output, Value
from promptctl.errors import InputError
from promptctl.model.document import Path, spelled
from promptctl.model.registry import Artifact, Registry


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    for key in ("inputs", "outputs"):
        for name, each in getattr(artifact.value, key, {}).items():
            for path, message, hint in _problems(each, (key, name)):
                yield at(artifact, path, message, hint)


def _problems(declared: Input | Output | Value, path: Path) -> Iterator[tuple[Path, str, str]]:
    where = f"`{spelled(path)}` is declared as {declared.kind}"
    if declared.enumValues and declared.kind not in {"string", "integer", "float"}:
        yield (*path, "enumValues"), f"{where}, which has no enumValues", "remove them"
    elif declared.enumValues:
        seen = set()
        for index, value in enumerate(declared.enumValues):
            if not _fits(declared.kind, value):
                hint = "give values of its kind, or change the kind"
                yield (*path, "enumValues", index), f"{where}, and {value!r} is none", hint
            elif value in seen:
                message = f"`{spelled(path)}` lists {value!r} twice"
                yield (*path, "enumValues", index), message, "remove one of them"
            else:
                seen.add(value)
    if declared.items is not None:
        if declared.kind != "array":
            yield (*path, "items"), f"{where}, and only an array has items", "write kind: array"
        yield from _problems(declared.items, (*path, "items"))
    if declared.properties and declared.kind != "object":
        yield (*path, "properties"), f"{where}, and only an object has properties", "write kind: object"
    for name, each in declared.properties.items():
        yield from _problems(each, (*path, "properties", name))


def _fits(kind: str, value: object) -> bool:
    try:
        Inputs({"value": {"kind": kind}}).accept({"value": value})
    except InputError:
        return False
    return True


RULE = Rule(
    "PC124",
    "the parts of a declaration fit its kind",
    kinds=("prompt", "context_template"),
    find=_find,
)
