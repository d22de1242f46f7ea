"""Outputs as JSON Schema, and what the schema takes and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.registries import registry
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from promptctl.core import bundle as bundles
from promptctl.core.options import openai_arguments
from promptctl.core.outputs import output_schema
from promptctl.model.bundle import build

PROMPT = """---
outputs:
  reasoning: {kind: string, description: Why., required: true}
  label: {kind: string, enumValues: [yes, no], required: true}
  score: {kind: float}
  stars: {kind: integer, enumValues: [1, 2, 3]}
  sure: {kind: boolean}
  cites:
    kind: array
    items:
      kind: object
      description: A passage.
      properties: {id: {kind: string}, at: {kind: integer, description: The line.}}
---
Judge.
"""


def _body() -> dict[str, Any]:
    built = build(registry({"prompts/judge.md": PROMPT}), "prompts/judge")
    return dict(bundles.parse(built.content, digest=built.digest).body)


def test_a_file_becomes_this_schema() -> None:
    assert output_schema(_body()["outputs"]) == {
        "type": "object",
        "properties": {
            "reasoning": {"type": "string", "description": "Why."},
            "label": {"type": "string", "enum": ["yes", "no"]},
            "score": {"type": "number"},
            "stars": {"type": "integer", "enum": [1, 2, 3]},
            "sure": {"type": "boolean"},
            "cites": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "at": {"type": "integer", "description": "The line."},
                        "id": {"type": "string"},
                    },
                    "required": ["at", "id"],
                    "additionalProperties": False,
                    "description": "A passage.",
                },
            },
        },
        "required": ["reasoning", "label", "score", "stars", "sure", "cites"],
        "additionalProperties": False,
    }


def test_fields_keep_the_order_of_the_file_and_are_what_a_provider_is_asked_for() -> None:
    schema = output_schema(_body()["outputs"])
    assert [*schema["properties"]] == ["reasoning", "label", "score", "stars", "sure", "cites"]
    asked = openai_arguments(_body(), [])["response_format"]
    assert asked == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": schema},
    }


ANSWER: dict[str, Any] = {
    "reasoning": "", "label": "no", "score": 1, "stars": 3, "sure": True, "cites": [{"id": "a", "at": 1}]
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"label": "maybe"},
        {"score": "1"},
        {"stars": 4},
        {"stars": 1.5},
        {"sure": 1},
        {"cites": [{"id": "a"}]},
        {"cites": [{"id": "a", "at": 1, "more": 2}]},
        {"more": 1},
    ],
)
def test_the_schema_takes_answers_of_that_shape_only(change: dict[str, Any]) -> None:
    validator = Draft202012Validator(output_schema(_body()["outputs"]))
    assert validator.is_valid(ANSWER)
    assert not validator.is_valid(ANSWER | change)
    assert not validator.is_valid({key: each for key, each in ANSWER.items() if key != "score"})


_LEAF = st.fixed_dictionaries({"kind": st.sampled_from(["string", "integer", "float", "boolean"])})
_SHAPE = st.recursive(
    _LEAF,
    lambda inner: (
        st.builds(lambda items: {"kind": "array", "items": items}, inner)
        | st.builds(
            lambda properties: {"kind": "object", "properties": properties},
            st.dictionaries(st.sampled_from("abc"), inner),
        )
    ),
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(min_size=1, max_size=3), _SHAPE))
def test_every_schema_is_one_of_the_draft_and_strict_on_every_level(shapes: dict[str, Any]) -> None:
    schema = output_schema([{"name": name, **each} for name, each in shapes.items()])
    Draft202012Validator.check_schema(schema)
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        waiting += [*each.get("properties", {}).values(), *([each["items"]] if "items" in each else [])]
        if each["type"] == "object":
            assert each["required"] == [*each["properties"]]
            assert each["additionalProperties"] is False
