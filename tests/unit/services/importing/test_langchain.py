from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.imports import imported, messages, registry_of, said

TEMPLATE = ["langchain", "prompts", "prompt", "PromptTemplate"]


def lc(name: str, **kwargs: Any) -> dict[str, Any]:
    """Return an object as `dumps` writes it."""
    return {"lc": 1, "type": "constructor", "id": ["langchain", "x", name], "kwargs": kwargs}


def chat(*parts: Any, **kwargs: Any) -> str:
    return json.dumps(lc("ChatPromptTemplate", messages=parts, **kwargs))


def turn(kind: str, template: str, form: str = "f-string") -> dict[str, Any]:
    return lc(
        f"{kind}MessagePromptTemplate", prompt=lc("PromptTemplate", template=template, template_format=form)
    )


def prompt(template: str, form: str = "f-string", **about: Any) -> str:
    return json.dumps({"_type": "prompt", "template": template, "template_format": form, **about})


def errors(text: str, path: str = "it.json", beside: dict[str, str] | None = None) -> list[str]:
    made = imported("langchain", text, beside, path=path)
    assert made.files == {}
    return [each.message for each in made.findings if each.severity == "error"]


def test_a_dumped_chat_becomes_messages_with_its_placeholder_as_a_thread() -> None:
    text = chat(
        turn("System", "Be {tone}.\n"),
        lc("MessagesPlaceholder", variable_name="history", optional=True),
        lc("AIMessage", content="literal {braces} {{ x }}"),
        turn("Human", "{question} 😀"),
    )
    made = imported("langchain", text, path="it.json")
    values = {"tone": "kind", "question": "Why?", "history": [{"role": "user", "content": "Hi"}]}
    assert messages(made, values) == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "literal {braces} {{ x }}"},
        {"role": "user", "content": "Why? 😀"},
    ]
    inputs = registry_of(made).artifacts["prompts/it"].value.inputs
    assert {name: each.kind for name, each in inputs.items()} == {
        "tone": "string",
        "question": "string",
        "history": "thread",
    }
    assert made.findings == ()


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{"a": {x}}}', '{"a": 1}'),
        ("{{{x}}}", "{1}"),
        ("{{{{ x }}}} {x}", "{{ x }} 1"),
        ("{{% raw %}}{x}", "{% raw %}1"),
        ("{{# {x} #}}", "{# 1 #}"),
        ("{{%endraw%}}{{{{{x}", "{%endraw%}{{1"),
        ("system:\n{x}\n# user:", "system:\n1\n# user:"),
    ],
)
def test_braces_of_an_f_string_are_text_and_names_are_inputs(template: str, text: str) -> None:
    made = imported("langchain", prompt(template), path="it.json")
    assert messages(made, {"x": "1"}) == [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    "template",
    ["{price:.2f}", "{user.name}", "{items[0]}", "{x!r}", "{}", "{0}", "{a b}", "a { b", "}", "{true}"],
)
def test_what_more_an_f_string_says_is_refused(template: str) -> None:
    assert len(errors(prompt(template))) == 1


def test_jinja2_stays_as_it_is_within_our_language() -> None:
    made = imported("langchain", prompt("{% if x %}{{ x|upper }}{% endif %}", "jinja2"), path="it.json")
    assert b"{% if x %}{{ x|upper }}{% endif %}" in made.files["prompts/it.md"]
    assert len(errors(prompt("{{ self.__init__() }}", "jinja2"))) == 1
    assert errors(prompt("{% set x = 1 %}", "jinja2")) == ["there is no tag 'set'"]


def test_mustache_variables_are_inputs_and_sections_are_refused() -> None:
    made = imported(
        "langchain", prompt("{{! no }}{{x}} {{{ y }}} {{&z}} {{u.name}} {", "mustache"), path="it.json"
    )
    values = {"x": "<1>", "y": "2", "z": "3", "u": {"name": "Ada"}}
    assert messages(made, values)[0]["content"] == "<1> 2 3 Ada {"
    for section in ("{{#x}}a{{/x}}", "{{^x}}a{{/x}}", "{{>p}}", "{{=<% %>=}}"):
        assert len(errors(prompt(section, "mustache"))) == 1


def test_saved_yaml_has_defaults_for_what_is_given_already() -> None:
    text = (
        "_type: prompt\ninput_variables: [x]\ntemplate: 'In {lang}: {x}'\n"
        "partial_variables: {lang: German}\nvalidate_template: true\noutput_parser: null\n"
    )
    made = imported("langchain", text, path="it.yaml")
    assert messages(made, {"x": "a"}) == [{"role": "user", "content": "In German: a"}]
    assert made.findings == ()


def test_few_shot_examples_are_filled_in() -> None:
    text = (
        "_type: few_shot\nprefix: 'Opposite of {x}'\nsuffix: 'In: {x}'\nexamples: examples.json\n"
        "example_prompt: {_type: prompt, template: '{i} -> {o}'}\n"
    )
    beside = {"examples.json": '[{"i": "hot", "o": "cold"}, {"i": "up", "o": "down"}]'}
    made = imported("langchain", text, beside, path="it.yaml")
    assert (
        messages(made, {"x": "wet"})[0]["content"]
        == "Opposite of wet\n\nhot -> cold\n\nup -> down\n\nIn: wet"
    )


def test_a_template_is_read_from_the_folder_only() -> None:
    made = imported(
        "langchain", "_type: prompt\ntemplate_path: a/t.txt\n", {"a/t.txt": "Hi {x}"}, path="it.yaml"
    )
    assert messages(made, {"x": "Ada"})[0]["content"] == "Hi Ada"
    for path in ("../t.txt", "/etc/passwd", "a/../../t.txt", "t.py"):
        assert (
            len(errors(f"_type: prompt\ntemplate_path: {path}\n", "it.yaml", {path: "x", "t.txt": "x"})) == 1
        )


def test_the_model_behind_a_prompt_is_taken_without_its_secrets() -> None:
    model = lc(
        "ChatOpenAI", model="gpt-4.1-mini", temperature=0.3, openai_api_key={"lc": 1, "type": "secret"}
    )
    text = json.dumps(lc("RunnableSequence", first=json.loads(chat(turn("Human", "{x}"))), last=model))
    made = imported("langchain", text, path="it.json")
    assert b"\n  id: gpt-4.1-mini\n  options: {temperature: 0.3}\n" in made.files["prompts/it.md"]
    assert said(made) == [(1, "warning", "PC204")]


def test_code_is_never_kept() -> None:
    partial = {"now": {"lc": 1, "type": "not_implemented", "id": ["builtins", "function"]}}
    made = imported("langchain", prompt("{now}", partial_variables=partial), path="it.json")
    assert said(made) == [(1, "error", "PC206")]
    assert b"now: {kind: string, required: true}" in made.files["prompts/it.md"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "7", '"x"', "{}", '{"lc": 1}', '{"lc": 1, "type": "constructor", "id": []}'),
        *(
            '{"_type": "llm_chain"}',
            '{"_type": "prompt", "template": 7}',
            '{"_type": "chat", "messages": [7]}',
        ),
        *('{"_type": "prompt", "template": "x", "template_format": []}', "[" * 100_000, "{", "1e999", "NaN"),
        *('{"_type": "few_shot", "examples": [7], "example_prompt": {"template": "{x}"}}',),
        '{"lc": 1, "type": "constructor", "id": ["StructuredPrompt"], "kwargs": {"messages": [["", 1]]}}',
        '{"lc": 1, "type": "constructor", "id": ["ChatPromptTemplate"], "kwargs": {"messages": [[7]]}}',
    ],
)
def test_what_is_no_prompt_is_a_finding(text: str) -> None:
    assert len(errors(text)) == 1


def test_findings_stand_where_the_mapping_begins_that_they_are_about() -> None:
    text = """{
  "messages": [
    ["system", "Hi"],
    {"role": "user", "content": "a", "colour": 1},
    {"role": "user", "content": "{x.y}"}
  ]
}
"""
    assert said(imported("langchain", text, path="it.json")) == [
        (4, "warning", "PC204"),
        (5, "error", "PC205"),
    ]


def test_escaping_of_mustache_is_said_once_and_only_where_something_is_escaped() -> None:
    def warned(template: str) -> list[tuple[int, str, str]]:
        prompt = {"_type": "prompt", "template_format": "mustache", "template": template}
        messages_ = {"messages": [{"prompt": prompt}, {"prompt": prompt}]}
        return said(imported("langchain", json.dumps(messages_), path="it.json"))

    assert warned("{{x}} {{ y }}") == [(1, "warning", "PC209")]
    assert warned("{{{x}}} {{& y }} {{! z }}") == []
