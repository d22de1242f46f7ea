"""A prompt's model options under the names of the OpenAI-compatible chat API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptctl.core.outputs import output_schema

OPENAI_NAMES = {
    "temperature": "temperature",
    "topP": "top_p",
    "maxOutputTokens": "max_tokens",
    "seed": "seed",
    "stopSequences": "stop",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
}


def openai_arguments(body: Mapping[str, Any], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return exactly the keyword arguments of a chat-completions call for a prompt's body in a bundle."""
    model = body.get("model", {})
    arguments: dict[str, Any] = {"model": model.get("id", ""), "messages": messages}
    for name, value in model.get("options", {}).items():
        arguments[_openai_name(name, model)] = value
    if body.get("tools"):
        arguments["tools"] = [_openai_tool(each) for each in body["tools"]]
    if body.get("outputs"):
        schema = {"name": "answer", "strict": True, "schema": output_schema(body["outputs"])}
        arguments["response_format"] = {"type": "json_schema", "json_schema": schema}
    return arguments


def _openai_name(name: str, model: Mapping[str, Any]) -> str:
    if name == "maxOutputTokens" and model.get("provider") == "openai":
        return "max_completion_tokens"
    return OPENAI_NAMES[name]


def _openai_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = {key: value for key, value in tool.items() if key != "kind"}
    function.setdefault("parameters", {"type": "object", "properties": {}})
    return {"type": "function", "function": function}
