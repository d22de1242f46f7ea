from __future__ import annotations

import json

import pytest
from helpers.imports import imported, messages, registry_of, said

CHAT = """\
name: Story
description: Tells stories.
template_format: semantic-kernel
template: |
  <message role="system">Be {{$tone}} &amp; kind, {{'{{literal}}'}}.</message>
  {{$history}}
  <message role="user">
  {{ $input }}
  user:
  </message>
input_variables:
  - {name: tone, description: How to sound., default: warm}
  - {name: input, is_required: true}
  - {name: extra}
output_variable: {description: The story.}
execution_settings:
  default: {temperature: 0.6, model_id: gpt-4o, max_tokens: 10, api_key: sk-secret, tool_choice: {type: auto}}
  other: {temperature: 0.1}
"""


def function(template: str, form: str = "semantic-kernel") -> str:
    return json.dumps({"name": "F", "template": template, "template_format": form})


def errors(text: str, path: str = "it.yaml") -> list[str]:
    made = imported("semantic-kernel", text, path=path)
    assert made.files == {}
    return [each.message for each in made.findings if each.severity == "error"]


def test_a_function_becomes_a_prompt_with_roles_inputs_and_its_model() -> None:
    made = imported("semantic-kernel", CHAT, path="it.yaml")
    assert messages(made, {"input": "A dog.", "history": [{"role": "assistant", "content": "Yes?"}]}) == [
        {"role": "system", "content": "Be warm & kind, {{literal}}."},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "A dog.\nuser:"},
    ]
    value = registry_of(made).artifacts["prompts/it"].value
    assert value.description == "Tells stories."
    assert (value.model.id, value.model.options.temperature, value.model.options.maxOutputTokens) == (
        "gpt-4o",
        0.6,
        10,
    )
    assert value.inputs["tone"].description == "How to sound."
    assert (value.inputs["tone"].default, value.inputs["input"].required) == ("warm", True)
    assert value.inputs["history"].kind == "thread"


def test_what_a_registry_has_no_place_for_is_said_by_name_and_never_by_value() -> None:
    made = imported("semantic-kernel", CHAT, path="it.yaml")
    assert said(made) == [
        (4, "warning", "PC209"),
        (11, "warning", "PC204"),
        *[(16, "warning", "PC204")] * 3,
    ]
    text = " ".join(each.message for each in made.findings)
    assert "`extra`" in text
    assert "`api_key`" in text
    assert "'other'" in text
    assert "sk-secret" not in text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Joke about {{$x}}", "Joke about 1"),
        ("{{ $x }}{{$x}}", "11"),
        ("{ {$x} } {% if %} {# no #}", "{ {$x} } {% if %} {# no #}"),
        ('{{"a }} \\" b"}} {{$x}}', 'a }} " b 1'),
        ("{{ }} and {{", "{{ }} and {{"),
        ("{{{$x}}}", "{1}"),
        ("system:\n{{$x}}", "system:\n1"),
    ],
)
def test_variables_are_inputs_and_everything_else_is_text(template: str, text: str) -> None:
    made = imported("semantic-kernel", function(template), path="it.yaml")
    values = {"x": "1"} if "$x}}" in template or "$x }}" in template else {}
    assert messages(made, values) == [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    "call", ["{{time.now}}", "{{fn}}", "{{Plugin.Fn $x 'a'}}", "{{ fn arg=$x }}", "{{$a.b}}"]
)
def test_calls_of_functions_are_refused(call: str) -> None:
    assert len(errors(function(f"Now {call}"))) == 1


def test_a_folder_has_its_template_and_its_settings_in_two_files() -> None:
    config = {
        "schema": 1,
        "description": "A joke.",
        "execution_settings": {"default": {"temperature": 0.9}},
        "input_variables": [{"name": "style", "default": ""}],
    }
    beside = {"config.json": json.dumps(config)}
    made = imported("semantic-kernel", "Joke: {{$input}} {{$style}}\n", beside, path="fun/Joke/skprompt.txt")
    assert messages(made, {"input": "cats"}) == [{"role": "user", "content": "Joke: cats "}]
    assert [(each.path, each.code) for each in made.findings] == [("fun/Joke/config.json", "PC204")]
    assert messages(imported("semantic-kernel", "Hi {{$x}}", path="a/skprompt.txt"), {"x": "1"})


def test_the_oldest_settings_are_read_too() -> None:
    config = {
        "completion": {"max_tokens": 5, "model_id": "m", "presence_penalty": 0.0},
        "input": {"parameters": [{"name": "input", "description": "What", "defaultValue": "a cat"}]},
    }
    made = imported("semantic-kernel", "{{$input}}", {"config.json": json.dumps(config)}, path="skprompt.txt")
    assert messages(made)[0]["content"] == "a cat"
    assert registry_of(made).artifacts["prompts/it"].value.model.options.maxOutputTokens == 5


def test_handlebars_is_translated() -> None:
    template = (
        '{{#message role="system"}}Help {{name}}.{{#if vip}} VIP!{{/if}}{{/message}}\n'
        '{{history}}{{#message role="user"}}{{q}}{{/message}}'
    )
    made = imported("semantic-kernel", function(template, "handlebars"), path="it.yaml")
    assert messages(made, {"name": "Ada", "vip": "yes", "q": "Why?"}) == [
        {"role": "system", "content": "Help Ada. VIP!"},
        {"role": "user", "content": "Why?"},
    ]
    assert len(errors(function("{{Plugin-Fn x=1}}", "handlebars"))) == 1


def test_liquid_and_jinja2_stay_within_our_language() -> None:
    liquid = "system:\nBe {{tone}}.\n\nuser:\n{% if q %}{{q}}{% endif %}\n"
    made = imported("semantic-kernel", function(liquid, "liquid"), path="it.yaml")
    assert [each["role"] for each in messages(made, {"tone": "kind", "q": "Hi"})] == ["system", "user"]
    looped = "{% for item in history %}\n{{item.role}}:\n{{item.content}}\n{% endfor %}"
    assert errors(function(looped, "liquid")) == ["the roles of messages are themselves made by the template"]
    tagged = '<message role="user">{{ q|upper }}</message>'
    assert messages(imported("semantic-kernel", function(tagged, "jinja2"), path="it.yaml"), {"q": "a"})
    assert len(errors(function("{% assign x = 1 %}", "liquid"))) == 1


@pytest.mark.parametrize(
    "template",
    [
        '<message role="system">a</message> and text',
        '<message role="system"><text>a</text></message>',
        '<message role="system">&#123;&#123;x</message>',
        '<message role="wizard">a</message>',
        '{{$x}}<message role="user">{{$x}}</message>',
    ],
)
def test_messages_that_cannot_be_told_apart_are_refused(template: str) -> None:
    assert len(errors(function(template))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        "name: x",
        "template: [1]",
        "a: b: c",
        "template: x\ntemplate_format: [1]",
        "&a b",
    ],
)
def test_what_is_no_function_is_a_finding(text: str) -> None:
    assert len(errors(text)) == 1


@pytest.mark.parametrize(
    "piece", ['{{"', '{{\\"', "<message role='user'>", "{{#message role='user'}}", "{{", "{{'\\"]
)
def test_openers_without_end_cost_little(piece: str) -> None:
    for form in ("semantic-kernel", "handlebars", "liquid"):
        imported(
            "semantic-kernel",
            piece * 20_000,
            {"config.json": json.dumps({"template_format": form})},
            path="skprompt.txt",
        )


def test_what_a_template_in_a_folder_calls_is_said_of_the_template() -> None:
    made = imported("semantic-kernel", "Joke: {{time.now}}\n", {}, path="fun/Joke/skprompt.txt")
    assert [(each.path, each.line) for each in made.findings] == [("fun/Joke/skprompt.txt", 1)]
