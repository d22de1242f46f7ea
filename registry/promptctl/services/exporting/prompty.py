"""Prompty v2 (https://github.com/microsoft/prompty): the format that prompts are written in.

What is ours stands under the one key `promptctl`, which Prompty's readers ignore, so a file that is imported
again has the same bundle. Prompty's default template format and parser are those that are meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from promptctl.core.kinds.inputs import Input, Output
from promptctl.core.kinds.prompt import Model, ModelOptions, Tool, Uses
from promptctl.core.template.lexer import END, NAME, OUTPUT, Source, pieces
from promptctl.model.findings import Finding
from promptctl.services.exporting.body import body_of, literal_markers
from promptctl.services.exporting.exported import NOT_ENFORCED, READ_OTHERWISE, Exported, Subject
from promptctl.services.importing.writing import prompt_file

_PRINTS = {"boolean": "True or False", "array": "Python's form", "object": "Python's form"}


def write(subject: Subject) -> Exported:
    """Return the prompt as one file."""
    body = subject.described
    front = {
        "name": body.get("name") or subject.name.rpartition("/")[2],
        "description": body.get("description", ""),
        "metadata": body.get("metadata", {}),
        "model": _model(body.get("model", {})),
        "inputs": {name: _ordered(Input, each) for name, each in body.get("inputs", {}).items()},
        "outputs": _outputs(subject),
        "tools": [_ordered(Tool, each) for each in body.get("tools", [])],
        "promptctl": _uses(subject),
    }
    content = prompt_file(front, body_of(body["messages"]))
    return Exported(content, (*_unenforced(subject), *_otherwise(subject)))


def _ordered(kind: type, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with its keys as people are used to them: a bundle has them by the alphabet."""
    names = [each.name for each in fields(kind)]
    return {name: written[name] for name in names if name in written}


def _model(model: Mapping[str, Any]) -> dict[str, Any]:
    options = {"options": _ordered(ModelOptions, model["options"])} if "options" in model else {}
    return _ordered(Model, {**model, **options})


def _outputs(subject: Subject) -> dict[str, Any]:
    return {each["name"]: _ordered(Output, each) for each in subject.body.get("outputs", [])}


def _uses(subject: Subject) -> dict[str, Any]:
    return _ordered(Uses, {key: _name(value) for key, value in subject.body.get("uses", {}).items()})


def _name(addresses: Any) -> Any:
    if isinstance(addresses, list):
        return [_name(each) for each in addresses]
    return addresses.partition("/")[2]


def _unenforced(subject: Subject) -> Iterator[Finding]:
    uses = subject.body.get("uses", {})
    named = ", ".join(
        each for value in uses.values() for each in ([value] if isinstance(value, str) else value)
    )
    if named:
        message = f"Prompty ignores the key `promptctl`, so nothing there applies {named}"
        yield subject.warning(
            NOT_ENFORCED, message, "check inputs, answers and tool calls in the application"
        )


def _otherwise(subject: Subject) -> Iterator[Finding]:
    inputs: Mapping[str, Any] = subject.body.get("inputs", {})
    texts = [each["text"] for each in subject.body["messages"] if "text" in each]
    for name in sorted({name for text in texts for name in _printed(text)}):
        how = _PRINTS.get(inputs.get(name, {}).get("kind", "string"))
        if how:
            message = f"`{{{{ {name} }}}}` prints JSON here, and {how} with Prompty's Jinja"
            yield subject.warning(
                READ_OTHERWISE, message, f"give {name} as text, or write it out with if or for"
            )
    if any("parameters" in each for each in subject.body.get("tools", [])):
        message = "parameters of tools are JSON Schema here, and a list of properties in Prompty"
        yield subject.warning(READ_OTHERWISE, message, "write each as {name: …, kind: …}")
    for line in dict.fromkeys(line for text in texts for line in literal_markers(text)):
        message = (
            f"the line {line!r} is text here, and begins a message with Prompty, which looks after rendering"
        )
        yield subject.warning(READ_OTHERWISE, message, "word the line differently")


def _printed(text: str) -> Iterator[str]:
    """Yield the names that are printed as they are."""
    for piece in pieces(Source(text)):
        if piece.kind == OUTPUT and [each[0] for each in piece.tokens] == [NAME, END]:
            yield piece.tokens[0][1]
