"""Inputs, declared from what is known of them: foreign declarations, values, and how a body uses them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from promptctl.core.messages import Message, split
from promptctl.core.template import parse
from promptctl.core.template.names import Name
from promptctl.errors import TemplateError
from promptctl.model.document import Place
from promptctl.model.findings import Finding
from promptctl.services.importing.imported import UNTRANSLATED, Source

_LOOP = re.compile(r"\{%[ \t\n]*for[ \t\n]+\w+[ \t\n]+in[ \t\n]+(?P<name>[A-Za-z_]\w*)[ \t\n|%]")


def kind_of(value: Any) -> str:
    """Return the kind of a JSON value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "float"
    return "array" if isinstance(value, list) else "object" if isinstance(value, dict) else "string"


def names_of(
    body: str, declared: Mapping[str, Mapping[str, Any]], *, first_line: int, partials: Mapping[str, str]
) -> list[Name]:
    """Return every use of an input in a prompt's body; raise `TemplateError`, with lines of the source, for
    what our template language does not have.
    """
    threads = frozenset(name for name, each in declared.items() if each.get("kind") == "thread")
    parts = split(body, thread_inputs=threads, first_line=first_line)
    parsed = [
        parse(each.text, partials=partials, first_line=each.line)
        for each in parts
        if isinstance(each, Message)
    ]
    return [name for each in parsed for name in each.names()]


def undeclared(
    body: str, names: Iterable[Name], declared: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return required inputs for the names that are used and not declared, of the kind their use shows."""
    looped = {match["name"] for match in _LOOP.finditer(body)}
    found: dict[str, dict[str, Any]] = {}
    for each in names:
        if each.name in declared:
            continue
        known = found.setdefault(each.name, {"kind": "string", "required": True})
        if each.path != each.name:
            known["kind"] = "object"
        elif each.name in looped:
            known["kind"] = "array"
    return found


def untranslated(source: Source, error: TemplateError) -> Finding:
    """Return the finding of a template that ours cannot say."""
    hint = error.hint or "write it with if, for, include and the filters there are"
    return source.error(Place(error.line or 1, error.column or 1), UNTRANSLATED, error.message, hint)
