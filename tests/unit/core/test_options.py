from __future__ import annotations

import pytest

from promptctl.core.kinds.prompt import ModelOptions
from promptctl.core.options import OPENAI_NAMES, openai_arguments

MESSAGES = [{"role": "user", "content": "?"}]


def test_options_have_the_names_of_the_api():
    options = {
        "temperature": 0.2,
        "topP": 0.9,
        "maxOutputTokens": 5,
        "seed": 7,
        "stopSequences": ["END"],
        "frequencyPenalty": 0.1,
        "presencePenalty": 0.2,
    }
    arguments = openai_arguments({"model": {"id": "m", "options": options}}, MESSAGES)
    assert arguments == {
        "model": "m",
        "messages": MESSAGES,
        "temperature": 0.2,
        "top_p": 0.9,
        "max_tokens": 5,
        "seed": 7,
        "stop": ["END"],
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
    }


def test_every_option_that_people_may_write_has_a_name_there():
    assert set(OPENAI_NAMES) == set(ModelOptions.__dataclass_fields__)


def test_openai_itself_calls_the_limit_by_another_name():
    model = {"id": "m", "provider": "openai", "options": {"maxOutputTokens": 5}}
    assert openai_arguments({"model": model}, MESSAGES)["max_completion_tokens"] == 5


def test_a_prompt_without_options_has_nothing_but_model_and_messages():
    assert openai_arguments({}, MESSAGES) == {"model": "", "messages": MESSAGES}


@pytest.mark.parametrize(
    ("tool", "function"),
    [
        ({"name": "look"}, {"name": "look", "parameters": {"type": "object", "properties": {}}}),
        (
            {"name": "look", "kind": "function", "description": "d", "strict": True, "parameters": {"a": 1}},
            {"name": "look", "description": "d", "strict": True, "parameters": {"a": 1}},
        ),
    ],
)
def test_tools_are_functions(tool, function):
    arguments = openai_arguments({"tools": [tool]}, MESSAGES)
    assert arguments["tools"] == [{"type": "function", "function": function}]


def test_outputs_become_a_strict_schema_in_their_order():
    outputs = [
        {"name": "reason", "kind": "string", "description": "Why."},
        {"name": "label", "kind": "string", "enumValues": ["yes", "no"]},
        {"name": "score", "kind": "float"},
        {
            "name": "cites",
            "kind": "array",
            "items": {"kind": "object", "properties": {"id": {"kind": "integer"}}},
        },
    ]
    wanted = openai_arguments({"outputs": outputs}, MESSAGES)["response_format"]
    assert (wanted["type"], wanted["json_schema"]["strict"]) == ("json_schema", True)
    schema = wanted["json_schema"]["schema"]
    assert list(schema["properties"]) == schema["required"] == ["reason", "label", "score", "cites"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["reason"] == {"type": "string", "description": "Why."}
    assert schema["properties"]["label"] == {"type": "string", "enum": ["yes", "no"]}
    assert schema["properties"]["score"] == {"type": "number"}
    items = schema["properties"]["cites"]["items"]
    assert items["properties"] == {"id": {"type": "integer"}}
    assert (items["required"], items["additionalProperties"]) == (["id"], False)
