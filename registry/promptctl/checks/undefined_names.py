"""Every name in a template is a declared input, and every field one that the input is declared to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptctl.checks.rule import Problem, Rule
from promptctl.core.kinds.inputs import Input, Value
from promptctl.core.suggest import did_you_mean
from promptctl.core.template.names import Name
from promptctl.model.document import Place
from promptctl.model.registry import Artifact, Registry


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    for template in artifact.templates:
        for name in template.names():
            yield from _check(artifact, name)


def _check(artifact: Artifact, name: Name) -> Iterator[Problem]:
    declared: Mapping[str, Input] = artifact.value.inputs
    place = Place(name.line, name.column)
    if name.name not in declared:
        hint = (
            did_you_mean(name.name, declared, "inputs")
            or f"declare it: inputs: {{{name.name}: {{kind: string}}}}"
        )
        yield Problem(artifact.path, place, f"`{name.name}` is not a declared input", hint)
        return
    value: Input | Value = declared[name.name]
    if value.kind == "thread":
        message = f"the thread `{name.name}` stands for messages, not for text"
        hint = f"put {{{{ {name.name} }}}} alone on a line of the prompt, not into a partial"
        yield Problem(artifact.path, place, message, hint)
        return
    path = name.name
    for field in name.path.split(".")[1:]:
        if value.kind != "object":
            message = f"`{path}` is declared as {value.kind} and has no field `{field}`"
            yield Problem(
                artifact.path, place, message, f"declare `{path}` with kind: object, or use it whole"
            )
            return
        if not value.properties:
            return
        if field not in value.properties:
            hint = did_you_mean(field, value.properties, "properties")
            yield Problem(artifact.path, place, f"`{path}` has no property `{field}`", hint)
            return
        value, path = value.properties[field], f"{path}.{field}"


RULE = Rule("PC101", "a template uses declared inputs only", kinds=("prompt", "context_template"), find=_find)
