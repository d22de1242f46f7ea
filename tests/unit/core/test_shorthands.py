from __future__ import annotations

import pytest

from promptctl.core.shorthands import written_out


@pytest.mark.parametrize(
    ("path", "value", "hint"),
    [
        (("model",), "gpt-4o", "write model: {id: gpt-4o}"),
        (("model",), "org/model:free", 'write model: {id: "org/model:free"}'),
        (("inputs", "name"), "Jane", "write name: {kind: string, default: Jane}"),
        (("inputs", "count"), 3, "write count: {kind: integer, default: 3}"),
        (("inputs", "share"), 0.5, "write share: {kind: float, default: 0.5}"),
        (("inputs", "gift"), False, "write gift: {kind: boolean, default: false}"),
        (("inputs", "yes"), "true", 'write yes: {kind: string, default: "true"}'),
        (("outputs", "answer"), "string", "write answer: {kind: string}"),
        (
            ("inputs",),
            [{"name": "a", "kind": "array", "required": True}, {"name": "b"}],
            "write each name as a key: inputs: {a: {kind: array, required: true}}",
        ),
        (("outputs",), ["answer"], "write each name as a key: outputs: {name: {kind: string}}"),
        (("outputs",), [{"name": "x"}], "write each name as a key: outputs: {x: {kind: string}}"),
        (
            ("tools", 0, "parameters"),
            [{"name": "city", "kind": "string"}],
            "write a JSON Schema: {type: object, properties: {city: {type: string}}}",
        ),
        (("inputs", "x"), "y" * 5_000, "write x: {kind: string, default: …}"),
        (("metadata",), "x", ""),
        (("model",), 7, ""),
        (("inputs", "x", "items"), "string", ""),
    ],
)
def test_a_shorthand_is_written_out(path, value, hint):
    assert written_out(path, value) == hint
