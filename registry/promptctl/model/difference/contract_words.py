"""Changes of the contract as sentences that also make sense to people who do not write code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from promptctl.model.difference.steps import Step, written

_NOUNS = {
    "inputs": "the input",
    "context": "the context template's input",
    "outputs": "the output",
    "tools": "the tool",
}


def sentence(part: str, step: Step) -> str:
    """Return what one step inside a part of the contract means."""
    if part == "embedding":
        return f"{written(step.old)} → {written(step.new)}"
    subject, rest = _subject(part, step.path)
    if not rest:
        return _whole(part, subject, step)
    if part == "tools":
        return f"{subject}: {'.'.join(rest)}: {_plain(step)}"
    return f"{subject} {_field(rest, step)}"


def _subject(part: str, path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the innermost shape as people call it (`documents[].title`), and the path inside of it."""
    name, rest = path[0], path[1:]
    while part != "tools" and rest[:1] == ("items",) and len(rest) > 1:
        name, rest = f"{name}[]", rest[1:]
        if rest[:1] == ("properties",) and len(rest) > 1:
            name, rest = f"{name}.{rest[1]}", rest[2:]
    while part != "tools" and rest[:1] == ("properties",) and len(rest) > 1:
        name, rest = f"{name}.{rest[1]}", rest[2:]
    return f"{_NOUNS[part]} {name}", rest


def _whole(part: str, subject: str, step: Step) -> str:
    if step.new is None:
        return f"{subject} is gone"
    if part in ("outputs", "tools"):
        return f"{subject} is new"
    shape: Mapping[str, Any] = step.new
    kind = shape.get("kind", "")
    if shape.get("required"):
        return f"{subject} is new and must be given ({kind})"
    default = f", default {written(shape['default'])}" if "default" in shape else ""
    return f"{subject} is new and may be given ({kind}{default})"


def _field(path: tuple[str, ...], step: Step) -> str:
    match path:
        case ("required",):
            return "must now be there" if step.new else "need not be there any more"
        case ("kind",):
            return f"is now of kind {written(step.new)} ({written(step.old)} before)"
        case ("enumValues",):
            if step.new is None:
                return "may now have any value"
            return f"may now only be {', '.join(written(json.loads(each)) for each in step.new)}"
        case ("enumValues", value):
            may = "may no longer be" if step.new is None else "may now also be"
            return f"{may} {written(json.loads(value))}"
        case ("default",):
            return _default(step)
        case ("items",):
            return "no longer says what its items are" if step.new is None else "now says what its items are"
        case ("properties",):
            now = "no longer says" if step.new is None else "now says"
            return f"{now} which properties it has"
        case ("trust",):
            return f"is now written by {'an end user' if step.new == 'end_user' else 'the author'}"
    return f"{'.'.join(path)}: {_plain(step)}"


def _default(step: Step) -> str:
    if step.new is None:
        return f"has no default any more ({written(step.old)} before)"
    if step.old is None:
        return f"now has the default {written(step.new)}"
    return f"now has the default {written(step.new)} ({written(step.old)} before)"


def _plain(step: Step) -> str:
    if step.texts is not None:
        return "the text reads differently"
    if step.old is None:
        return f"{written(step.new)} is new"
    if step.new is None:
        return f"{written(step.old)} is gone"
    return f"{written(step.old)} → {written(step.new)}"
