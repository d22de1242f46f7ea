from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.imports import imported, messages, registry_of, said

PROMPTY = Path(__file__).parents[5] / "shared/conformance/prompty"
needs_vectors = pytest.mark.skipif(not PROMPTY.exists(), reason="the folder of shared vectors is not here")
FIXTURES = {
    "basic": [(11, "warning", "PC204")],
    "embedding": [(6, "error", "PC201")],
    "image": [(6, "error", "PC201")],
    "minimal": [],
    "multimodal": [(11, "error", "PC205")],
    "responses": [(6, "warning", "PC209"), (7, "warning", "PC204")],
    "structured": [],
    "summarize": [],
    "threaded": [],
    "tools_function": [(19, "warning", "PC204")],
    "tools_mcp": [(6, "warning", "PC204"), (18, "warning", "PC209")],
    "tools_openapi": [(6, "warning", "PC204"), (19, "warning", "PC209")],
}


@needs_vectors
@pytest.mark.parametrize("name", FIXTURES)
def test_the_fixtures_of_the_specification_keep_their_bodies_and_all_else_is_said(name: str) -> None:
    text = (PROMPTY / f"fixtures/{name}.prompty").read_text()
    made = imported("prompty", text)
    assert said(made) == FIXTURES[name]
    if any(severity == "error" for _, severity, _ in FIXTURES[name]):
        assert made.files == {}
    else:
        registry_of(made)
        body = text.split("\n---\n", 1)[1]
        assert made.files["prompts/it.md"].decode().split("\n---\n", 1)[1] == body


@needs_vectors
def test_front_matter_of_the_load_vectors_never_takes_anything_from_elsewhere() -> None:
    vectors = json.loads((PROMPTY / "load.json").read_text())
    fronts = [each["input"]["frontmatter"] for each in vectors if "frontmatter" in each["input"]]
    assert len(fronts) > 10
    for front in fronts:
        made = imported("prompty", f"---\n{json.dumps(front)}\n---\nsystem:\nHi\n")
        assert all(b"${" not in each and b"endpoint" not in each for each in made.files.values())


def test_version_1_is_told_in_the_words_of_version_2() -> None:
    made = imported(
        "prompty",
        """\
---
name: old
authors: [ada]
model:
  api: chat
  configuration: {type: azure_openai, azure_deployment: gpt-35, azure_endpoint: "${env:URL}"}
  parameters: {max_tokens: 100, top_p: 0.5, stop: END, tools: []}
inputs:
  firstName: {type: string, description: who}
  count: {type: number}
sample: {firstName: Jane, question: Why}
template: jinja2
---
system:
Help {{firstName}}.
{{ question }} {{ count }}
""",
    )
    registry = registry_of(made)
    prompt = registry.artifacts["prompts/it"].value
    assert (prompt.model.provider, prompt.model.id) == ("azure", "gpt-35")
    assert (prompt.model.options.maxOutputTokens, prompt.model.options.topP) == (100, 0.5)
    assert prompt.model.options.stopSequences == ("END",)
    assert (prompt.inputs["firstName"].default, prompt.inputs["count"].kind) == ("", "float")
    assert prompt.inputs["question"].required
    assert prompt.metadata == {"authors": ["ada"]}
    assert registry.artifacts["datasets/it"].value.cases[0].vars == {"firstName": "Jane", "question": "Why"}
    assert said(made) == [(6, "warning", "PC204"), (7, "warning", "PC204"), (11, "warning", "PC208")]
    assert made.findings[-1].hint == (
        "add evals/it.yaml with `target: prompts/it`, `dataset: it`, and what to `assert`"
    )


def test_a_text_that_may_be_missing_prints_nothing_as_it_does_there() -> None:
    made = imported("prompty", "---\ninputs:\n  - {name: a, kind: string}\n---\nuser:\n[{{a}}]\n")
    assert messages(made) == [{"role": "user", "content": "[]"}]


def test_names_that_are_not_declared_become_inputs_of_the_kind_that_their_use_shows() -> None:
    made = imported("prompty", "user:\n{{a}} {{b.c}} {% for x in d %}{{x}}{% endfor %}\n")
    inputs = registry_of(made).artifacts["prompts/it"].value.inputs
    assert {name: each.kind for name, each in inputs.items()} == {"a": "string", "b": "object", "d": "array"}


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("system:\n{% set x = 1 %}", 5, "there is no tag 'set'"),
        ("system:\na {{- b -}}", 5, "'{{-' would change the white space"),
        ("system:\n\n{{ a | title }}", 6, "title"),
        ("system:\n{{ a[0] }}", 5, ""),
        ("text\nuser:\nb", 4, "text before the first message"),
        ('user[name="x"]:\nb', 4, "the role marker 'user' has attributes"),
        ('user:\n{% include "x" %}', 5, "there is no partial 'x'"),
    ],
)
def test_what_our_templates_cannot_say_is_an_error_with_line_and_hint(
    body: str, line: int, message: str
) -> None:
    made = imported("prompty", f"---\nname: a\n---\n{body}\n")
    (error,) = made.findings
    assert (error.line, error.code, error.severity, made.files) == (line, "PC205", "error", {})
    assert message in error.message
    assert error.hint


def test_plain_names_of_mustache_are_the_same_and_sections_are_refused() -> None:
    front = "---\ntemplate: {format: {kind: mustache}}\n---\n"
    assert said(imported("prompty", f"{front}user:\n{{{{a}}}}\n")) == [
        (2, "warning", "PC209"),
        (5, "warning", "PC209"),
    ]
    assert said(imported("prompty", f"{front}user:\n{{{{#a}}}}x{{{{/a}}}}\n")) == [(2, "error", "PC205")]


@pytest.mark.parametrize(
    ("front", "code"),
    [
        ("description: ${env:HOME}", "PC206"),
        ("metadata: {a: ['${file:/etc/passwd}']}", "PC206"),
        ("inputs: {a: '${env:SECRET}'}", "PC206"),
        ("sample: {a: '${file:x.json}'}", "PC206"),
        ("sample: ${file:x.json}", "PC206"),
        ("template: liquid", "PC205"),
        ("name: *a", "PC021"),
        ("name: {{a: 1}", "PC020"),
        ("- a", "PC201"),
    ],
)
def test_nothing_is_read_from_elsewhere_or_guessed(front: str, code: str) -> None:
    made = imported("prompty", f"---\n{front}\n---\nsystem:\nHi\n")
    assert code in {each.code for each in made.findings if each.severity == "error"}
    assert all(b"${" not in each for each in made.files.values())


def test_our_own_key_comes_back_and_what_is_no_reference_is_said() -> None:
    front = "promptctl: {guardrails: [a, b/c], rag_config: kb, oversight_policy: N N, tool_policies: x, a: 1}"
    made = imported("prompty", f"---\n{front}\n---\nsystem:\nHi\n")
    assert b"promptctl: {rag_config: kb, guardrails: [a, b/c]}\n" in made.files["prompts/it.md"]
    assert said(made) == [(2, "warning", "PC204")] * 3
