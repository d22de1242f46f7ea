"""A prompt's model options under the names of the OpenAI-compatible chat API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OPENAI_NAMES = {
    "temperature": "temperature",
    "topP": "top_p",
    "maxOutputTokens": "max_tokens",
    "seed": "seed",
    "stopSequences": "stop",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
}
_SCHEMA_TYPES = {"float": "number"}


def openai_arguments(body: Mapping[str, Any], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return exactly the keyword arguments of a chat-completions call for a prompt's body in a bundle."""
    model = body.get("model", {})
    arguments: dict[str, Any] = {"model": model.get("id", ""), "messages": messages}
    for name, value in model.get("options", {}).items():
        arguments[_openai_name(name, model)] = value
    if body.get("tools"):
        arguments["tools"] = [_openai_tool(each) for each in body["tools"]]
    if body.get("outputs"):
        arguments["response_format"] = _response_format(body["outputs"])
    return arguments


def _openai_name(name: str, model: Mapping[str, Any]) -> str:
    if name == "maxOutputTokens" and model.get("provider") == "openai":
        return "max_completion_tokens"
    return OPENAI_NAMES[name]


def _openai_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = {key: value for key, value in tool.items() if key != "kind"}
    function.setdefault("parameters", {"type": "object", "properties": {}})
    return {"type": "function", "function": function}


def _response_format(outputs: list[Mapping[str, Any]]) -> dict[str, Any]:
    properties = {each["name"]: _schema(each) for each in outputs}
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": _object(properties)},
    }


def _schema(value: Mapping[str, Any]) -> dict[str, Any]:
    kind = value["kind"]
    schema: dict[str, Any] = {"type": _SCHEMA_TYPES.get(kind, kind)}
    if "properties" in value or kind == "object":
        properties = {name: _schema(each) for name, each in value.get("properties", {}).items()}
        schema = _object(properties)
    if "description" in value:
        schema["description"] = value["description"]
    if "enumValues" in value:
        schema["enum"] = list(value["enumValues"])
    if "items" in value:
        schema["items"] = _schema(value["items"])
    return schema


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    # Strict mode of the API wants every property required and no others.
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
