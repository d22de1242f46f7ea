from __future__ import annotations

import pytest
from helpers.imports import imported, messages, registry_of, said

WHOLE = """\
# Copyright somebody
---
model: googleai/gemini-1.5-flash
config: {temperature: 0.4, topK: 3}
input:
  schema:
    question: string, what is asked
    tone?(enum, how to sound): [warm, plain]
    tags?(array): string
    user?(object): {name: string, 'age?': integer}
    anything: any
  default: {tone: warm}
output:
  schema: {answer: string, "score?": number}
ext.key: 1
---
{{role "system"}}
Be {{tone}}.
{{> voice}}
{{history}}
{{role "user"}}
{{question}} {{anything}}
"""


def test_a_whole_file_becomes_a_prompt_and_its_partial() -> None:
    made = imported("dotprompt", WHOLE, {"_voice.prompt": "Never shout, {{question}}."})
    prompt = registry_of(made).artifacts["prompts/it"].value
    assert (prompt.model.provider, prompt.model.id) == ("googleai", "gemini-1.5-flash")
    assert prompt.model.options.temperature == 0.4
    assert {name: (each.kind, each.required, each.default) for name, each in prompt.inputs.items()} == {
        "question": ("string", True, None),
        "tone": ("string", False, "warm"),
        "tags": ("array", False, []),
        "user": ("object", False, None),
        "history": ("thread", False, None),
        "anything": ("string", True, None),
    }
    assert prompt.inputs["tone"].enumValues == ("warm", "plain")
    assert prompt.inputs["user"].properties["name"].required
    assert prompt.inputs["question"].description == "what is asked"
    assert {name: (each.kind, each.required) for name, each in prompt.outputs.items()} == {
        "answer": ("string", True),
        "score": ("float", False),
    }
    assert made.files["partials/voice.md"] == b"Never shout, {{ question }}.\n"
    past = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert messages(made, {"question": "Q?", "anything": "x", "history": past}) == [
        {"role": "system", "content": "Be warm.\nNever shout, Q?."},
        *past,
        {"role": "user", "content": "Q? x"},
    ]
    assert said(made) == [
        (4, "warning", "PC204"),  # topK
        (6, "warning", "PC204"),  # a schema of any type
        (15, "warning", "PC204"),  # ext.key
        (17, "warning", "PC209"),  # used and not declared, as a value of any type is not
    ]


def test_a_file_without_roles_is_one_user_message_and_text_behind_the_history_is_the_models() -> None:
    assert messages(imported("dotprompt", "Hello")) == [{"role": "user", "content": "Hello"}]
    made = imported("dotprompt", "Hi\n{{history}}\nSure: ")
    assert messages(made) == [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Sure: "}]


def test_json_schema_is_read_as_picoschema_is() -> None:
    schema = "{type: object, properties: {a: {type: string}}, required: [a]}"
    made = imported("dotprompt", f"---\ninput: {{schema: {schema}}}\n---\n{{{{a}}}}\n")
    assert registry_of(made).artifacts["prompts/it"].value.inputs["a"].required
    assert made.findings == ()


def test_a_partial_is_a_file_of_its_own_and_brings_its_partials() -> None:
    made = imported("dotprompt", "a {{> b}}", {"_b.prompt": "b\n{{! x }}\n"}, path="f/_it.prompt")
    assert dict(made.files) == {"partials/it.md": b'a {% include "b" %}\n', "partials/b.md": b"b\n\n"}


@pytest.mark.parametrize(
    ("text", "beside", "line", "message"),
    [
        ("a\n{{> gone}}", {}, 2, "there is no partial `gone`"),
        ("a\n\n{{> b}}", {"_b.prompt": "x\n{{media url=u}}"}, 3, "partial `b`, line 2: the helper `media`"),
        ("{{> b}}", {"_b.prompt": '{{role "user"}}'}, 1, "a partial cannot begin messages"),
        ("{{> b}}", {"_b.prompt": "{{> b}}"}, 1, "partial `b`, line 1: the partial includes itself"),
        ("---\nmodel: m\n---\n\n\n{{shout a}}", {}, 6, "there is no helper `shout`"),
        ("---\nmodel: m\n---\n \n", {}, 5, "there is no message"),
        ("---\nmodel: [\n---\nx", {}, 3, "not valid YAML"),
        ("---\n- a\n---\nx", {}, 1, "keys and values are expected"),
    ],
)
def test_what_cannot_be_translated_makes_no_prompt_and_is_an_error_at_its_line(
    text: str, beside: dict[str, str], line: int, message: str
) -> None:
    made = imported("dotprompt", text, beside)
    assert "prompts/it.md" not in made.files
    (error,) = [each for each in made.findings if each.severity == "error"]
    assert message in error.message
    assert error.line == line
