"""Prompty's shorthands, written out: the profile has one way to say each thing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,60}")
_KINDS = {str: "string", bool: "boolean", int: "integer", float: "float", list: "array", dict: "object"}
_WORDS = frozenset(("null", "true", "false"))
_SHOWN = ("kind", "required", "default")


def written_out(path: tuple[str | int, ...], value: Any) -> str:
    """Return what to write at a path of a prompt's front matter in place of a shorthand; empty if it is none.

    Shorthands are a model by its name, inputs and outputs as a list, an input by its default or its kind,
    and a tool's parameters as a list.
    """
    match path:
        case ("model",) if isinstance(value, str):
            return f"write model: {_flow({'id': value})}"
        case ("inputs" | "outputs" as key,) if isinstance(value, list):
            return f"write each name as a key: {key}: {_flow(_first_named(value))}"
        case ("inputs" | "outputs", str(name)) if not isinstance(value, list | dict):
            return f"write {_flow({name: _declaration(value)})[1:-1]}"
        case ("tools", int(), "parameters") if isinstance(value, list):
            properties = {name: {"type": "string"} for name in _first_named(value)}
            schema = {"type": "object", "properties": properties}
            return f"write a JSON Schema: {_flow(schema)}"
    return ""


def _first_named(declared: list[Any]) -> dict[str, Any]:
    """Return the first member of a list as it stands under its name."""
    for each in declared:
        if isinstance(each, Mapping) and isinstance(each.get("name"), str):
            return {each["name"]: {key: each[key] for key in _SHOWN if key in each} or {"kind": "string"}}
    return {"name": {"kind": "string"}}


def _declaration(value: Any) -> dict[str, Any]:
    if value in _KINDS.values():
        return {"kind": value}
    return {"kind": _KINDS.get(type(value), "string"), "default": value}


def _flow(value: Any) -> str:
    """Return YAML in one line, as people write it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else "…"
