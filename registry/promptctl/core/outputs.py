"""A prompt's outputs as JSON Schema: what a provider is asked for, and what an answer can be checked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_TYPES = {"float": "number"}


def output_schema(outputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the answer, from the `outputs` of a prompt's body.

    Properties and `required` keep the order of the outputs, which shapes what a model writes; nested ones are
    in the order of the bundle, by name. Descriptions are kept. As the strict mode of providers asks, every
    property is required, on every level, and no others are allowed.
    """
    return _object({each["name"]: _schema(each) for each in outputs})


def _schema(value: Mapping[str, Any]) -> dict[str, Any]:
    kind = value["kind"]
    schema: dict[str, Any] = {"type": _TYPES.get(kind, kind)}
    if kind == "object":
        schema = _object({name: _schema(each) for name, each in value.get("properties", {}).items()})
    if "description" in value:
        schema["description"] = value["description"]
    if "enumValues" in value:
        schema["enum"] = list(value["enumValues"])
    if "items" in value:
        schema["items"] = _schema(value["items"])
    return schema


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
