"""Providers ask for the shape of an answer in full: a list of what, an object with which properties."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.kinds.inputs import Output
from promptctl.model.document import Path, spelled
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, _: Registry) -> Iterator[Problem]:
    for name, each in prompt.value.outputs.items():
        for path, message, hint in _open(each, ("outputs", name)):
            yield at(prompt, path, message, hint)


def _open(declared: Output, path: Path) -> Iterator[tuple[Path, str, str]]:
    where = f"`{spelled(path)}` is an {declared.kind}"
    if declared.kind == "array" and declared.items is None:
        yield path, f"{where}, and what it holds is not declared", "add items: {kind: string}"
    if declared.kind == "object" and not declared.properties:
        message = f"{where} without properties, so a model can only answer with an empty one"
        yield path, message, "add properties: {name: {kind: string}}"
    if declared.items is not None:
        yield from _open(declared.items, (*path, "items"))
    for name, each in declared.properties.items():
        yield from _open(each, (*path, "properties", name))


RULE = Rule(
    "PC125", "the shape of an answer is declared in full", kinds=("prompt",), find=_find, severity="warning"
)
