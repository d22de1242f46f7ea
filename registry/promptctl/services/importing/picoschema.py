"""Picoschema, dotprompt's short notation, as JSON Schema (https://google.github.io/dotprompt/reference/picoschema)."""

from __future__ import annotations

from typing import Any

from promptctl.services.importing.schemas import Say

_SCALARS = frozenset(("string", "number", "integer", "boolean"))
_TYPES = _SCALARS | {"object", "array", "null", "any"}


def schema_of(value: Any, say: Say) -> dict[str, Any]:
    """Return the JSON Schema that a `schema` of a dotprompt file means; what has no type is said."""
    if isinstance(value, dict):
        if value.get("type") in _TYPES or isinstance(value.get("properties"), dict):
            return {"type": "object"} | value
        return _object(value, say, "")
    return _scalar(value, say, "schema")


def _object(value: dict[str, Any], say: Say, path: str) -> dict[str, Any]:
    properties, required = {}, []
    for key, each in value.items():
        if key == "(*)":
            say(f"{path}(*)", "every property of an object has a name here")
            continue
        head, _, written = key.partition("(")
        name = head.removesuffix("?")
        where = f"{path}.{name}" if path else name
        kind, description = _described(written.removesuffix(")")) if written else ("", "")
        properties[name] = _member(kind, each, say, where)
        if description:
            properties[name]["description"] = description
        if not head.endswith("?"):
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}


def _member(kind: str, value: Any, say: Say, path: str) -> dict[str, Any]:
    if kind == "enum":
        return {"enum": value}
    inner = _object(value, say, path) if isinstance(value, dict) else _scalar(value, say, path)
    return {"type": "array", "items": inner} if kind == "array" else inner


def _scalar(value: Any, say: Say, path: str) -> dict[str, Any]:
    kind, description = _described(value) if isinstance(value, str) else ("", "")
    if kind not in _TYPES:
        say(path, "its schema is defined in code")
    schema = {"type": kind} if kind in _SCALARS else {}
    return schema | ({"description": description} if description else {})


def _described(text: str) -> tuple[str, str]:
    kind, _, description = text.partition(",")
    return kind.strip(), description.strip()
