"""JSON Schema, as far as the declarations of inputs and outputs can say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

KINDS = {
    "string": "string",
    "integer": "integer",
    "number": "float",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
}
"""JSON Schema's types, and what they are called in a registry."""

Say = Callable[[str, str], None]
"""Is told a keyword's path (`diet.enum`) and why it was not carried over."""

_KNOWN = {"type", "description", "enum", "items", "properties", "required", "additionalProperties", "title"}
_KEYWORDS = _KNOWN | {"default", "$schema", "$id"}


def declarations(schema: Mapping[str, Any], say: Say, path: str = "") -> dict[str, dict[str, Any]]:
    """Return the properties of an object's schema by name, as inputs, outputs or properties are declared."""
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    if not isinstance(properties, dict) or not isinstance(required, list | tuple):
        say(path or "properties", "it is no mapping")
        return {}
    found = {}
    for name, each in properties.items():
        declared = declaration(each, say, f"{path}.{name}" if path else name)
        if declared is not None:
            found[name] = declared | ({"required": True} if name in required else {})
    return found


def declaration(schema: Any, say: Say, path: str) -> dict[str, Any] | None:
    """Return one declaration; None, and why, for what has no kind of ours."""
    if not isinstance(schema, dict):
        say(path, "it is no mapping")
        return None
    kind = _kind(schema)
    if kind is None:
        say(path, f"its type {schema.get('type', '(none)')!r} is no kind of value here")
        return None
    declared = {"kind": kind} | _described(schema)
    if "enum" in schema:
        values = _enum(schema["enum"])
        if values:
            declared["enumValues"] = values
        else:
            say(f"{path}.enum", "enums hold texts and numbers")
    if kind == "array" and "items" in schema:
        items = declaration(schema["items"], say, f"{path}.items")
        if items is not None:
            declared["items"] = items
    if kind == "object" and schema.get("properties"):
        declared["properties"] = declarations(schema, say, path)
    for keyword in schema.keys() - _KEYWORDS:
        say(f"{path}.{keyword}", "declarations have no such keyword")
    return declared


def _described(schema: Mapping[str, Any]) -> dict[str, Any]:
    text = schema.get("description")
    return {"description": text} if isinstance(text, str) and text else {}


def _enum(values: Any) -> list[str | int | float]:
    """Return the values without the null that stands for a missing one; none where they are others."""
    kept = [each for each in values if each is not None] if isinstance(values, list) else []
    return kept if all(type(each) in (str, int, float) for each in kept) else []


def _kind(schema: Mapping[str, Any]) -> str | None:
    named = schema.get("type")
    if isinstance(named, list):  # optional values are often nullable ones
        named = next((each for each in named if each != "null"), None) if len(named) <= 2 else None
    if named is None and isinstance(schema.get("enum"), list):
        named = (
            "string" if all(isinstance(each, str) for each in schema["enum"] if each is not None) else None
        )
    if named is None and "properties" in schema:
        named = "object"
    return KINDS.get(named) if isinstance(named, str) else None
