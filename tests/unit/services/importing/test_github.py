from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.imports import imported, messages, registry_of, said

from promptctl.scorers import scorer
from promptctl.scorers.answer import Answer

HEAD = "model: openai/gpt-4o\nmessages:\n  - {role: user, content: 'Say {{word}}'}\n"


def cases_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in imported("github", text).files["datasets/it.jsonl"].splitlines()]


def test_messages_become_roles_and_placeholders_stay() -> None:
    text = (
        "name: Title\ndescription: About\nmodel: openai/gpt-4o\n"
        "modelParameters: {temperature: 0.5, maxTokens: 50, topP: 1, seed: 3, effort: low}\nextra: 1\n"
        "messages:\n  - {role: System, content: 'Be {{ tone }}.'}\n"
        "  - {role: user, content: 'Hi {{user-name}}, {% {# {{{tone}} user'}\n"
    )
    made = imported("github", text)
    prompt = registry_of(made).artifacts["prompts/it"].value
    assert (prompt.description, prompt.metadata) == ("About", {"title": "Title"})
    assert (prompt.model.provider, prompt.model.id) == ("github", "openai/gpt-4o")
    assert (prompt.model.options.maxOutputTokens, prompt.model.options.seed) == (50, 3)
    assert messages(made, {"tone": "kind", "user_name": "Ada"}) == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi Ada, {% {# {kind user"},
    ]
    assert said(made) == [
        (4, "warning", "PC204"),
        (5, "warning", "PC204"),
        (7, "warning", "PC209"),
        (8, "warning", "PC203"),
    ]


def test_test_data_become_cases_with_inputs_as_vars_and_the_rest_expected() -> None:
    assert cases_of(f"{HEAD}testData:\n  - {{word: a, expected: b}}\n  - {{word: c, expected: d}}\n") == [
        {"id": "c001", "vars": {"word": "a"}, "expected": "b"},
        {"id": "c002", "vars": {"word": "c"}, "expected": "d"},
    ]
    assert cases_of(f"{HEAD}testData:\n  - {{word: 1, expected: b, other: c}}\n")[0] == {
        "id": "c001",
        "vars": {"word": 1},
        "expected": {"expected": "b", "other": "c"},
    }
    mixed = cases_of(f"{HEAD}testData:\n  - {{word: 1}}\n  - {{word: a}}\n")
    assert [each["vars"]["word"] for each in mixed] == ["1", "a"]


@pytest.mark.parametrize(
    ("criterion", "text", "holds", "fails"),
    [
        ("contains", "Hel.o", ["oh HEL.O there"], ["hello", ""]),
        ("startsWith", "Hello", [" hello you", "HELLO"], ["oh hello"]),
        ("endsWith", "(bye)", ["good (BYE)\n"], ["(bye) now"]),
        ("equals", "Yes {%", [" Yes {%\n", "Yes {%"], ["yes {%", "Yes {% no"]),
        ("equals", "user:", ["user:"], ["user"]),
    ],
)
@pytest.mark.parametrize("from_case", [False, True])
def test_an_evaluator_holds_for_the_same_answers(
    criterion: str, text: str, holds: list[str], fails: list[str], *, from_case: bool
) -> None:
    value = "{{other}}" if from_case else text
    data = json.dumps([{"word": "a", "other": text}])
    evaluator = json.dumps([{"name": "e", "string": {criterion: value}}])
    made = imported("github", f"{HEAD}testData: {data}\nevaluators: {evaluator}\n")
    registry = registry_of(made)
    case = registry.artifacts["datasets/it"].value.cases[0]
    (assertion,) = (*registry.artifacts["evals/it"].value.assertions, *case.assertions)
    check = scorer(assertion, {"vars": case.vars, "expected": case.expected})
    assert [check.score(Answer(each)) for each in holds] == [1.0] * len(holds)
    assert [check.score(Answer(each)) for each in fails] == [0.0] * len(fails)


def test_only_the_first_criterion_of_an_evaluator_was_ever_looked_at() -> None:
    evaluator = "evaluators: [{name: e, string: {startsWith: b, contains: a}}]\n"
    made = imported("github", f"{HEAD}testData: [{{word: a}}]\n{evaluator}")
    assert b"icontains" in made.files["evals/it.yaml"]
    assert b"regex" not in made.files["evals/it.yaml"]
    assert said(made) == [(5, "warning", "PC204")]


@pytest.mark.parametrize(
    ("rest", "codes", "made"),
    [
        ("", [], ["prompts"]),
        ("testData: [{word: a}]\n", ["PC208"], ["datasets", "prompts"]),
        (
            "testData: [{word: a}]\nevaluators: [{name: s, uses: github/similarity}]\n",
            ["PC208", "PC207"],
            ["datasets", "prompts"],
        ),
        (
            "testData: [{word: a}]\nevaluators: [{name: s, llm: {modelId: m, prompt: p}}]\n",
            ["PC208", "PC207"],
            ["datasets", "prompts"],
        ),
        (
            "testData: [{word: a}]\nevaluators: [{name: s, string: {contains: '{{gone}}'}}]\n",
            ["PC208", "PC207"],
            ["datasets", "prompts"],
        ),
        ("evaluators: [{name: s, string: {contains: a}}]\n", ["PC207"], ["prompts"]),
        ("responseFormat: json_object\n", ["PC204"], ["prompts"]),
        ("responseFormat: json_schema\njsonSchema: nonsense\n", ["PC204"], ["prompts"]),
    ],
)
def test_what_cannot_judge_makes_no_suite_and_is_said(rest: str, codes: list[str], made: list[str]) -> None:
    found = imported("github", HEAD + rest)
    assert [each.code for each in sorted(found.findings)] == codes
    assert sorted(path.split("/")[0] for path in found.files) == made
    suite = "add evals/it.yaml with `target: prompts/it`, `dataset: it`, and what to `assert`"
    assert {each.hint for each in found.findings if each.code == "PC208"} <= {suite}
    registry_of(found)


def test_a_json_schema_becomes_outputs_as_far_as_they_can_say_it() -> None:
    schema = {
        "name": "x",
        "schema": {
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": {"type": "string", "enum": ["x", "y"], "minLength": 1},
                "b": {"type": ["array", "null"], "items": {"type": "number"}},
                "c": {"anyOf": []},
            },
        },
    }
    made = imported("github", f"{HEAD}responseFormat: json_schema\njsonSchema: '{json.dumps(schema)}'\n")
    outputs = registry_of(made).artifacts["prompts/it"].value.outputs
    assert list(outputs) == ["a", "b"]
    assert (outputs["a"].enumValues, outputs["a"].required) == (("x", "y"), True)
    assert (outputs["b"].kind, outputs["b"].items.kind) == ("array", "float")
    texts = sorted(each.message for each in made.findings)
    assert [each.split("`")[1] for each in texts if "`" in each] == ["a.minLength", "c"]
    assert "optional in the schema" in texts[-1]


@pytest.mark.parametrize(
    "text",
    ["", "a: 1\n", "messages: []\n", "messages: [{role: robot, content: a}]\n", "messages: [1]\n", "- 1\n"],
)
def test_a_file_without_messages_is_an_error_and_makes_nothing(text: str) -> None:
    made = imported("github", text)
    assert made.files == {}
    assert "PC201" in {each.code for each in made.findings} or "PC204" in {
        each.code for each in made.findings
    }


SAMPLES = Path(__file__).parents[5] / "shared/conformance/github-models"


@pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of shared vectors is not here")
def test_the_samples_of_the_tool_itself_are_read_whole() -> None:
    found = {path.stem: said(imported("github", path.read_text())) for path in sorted(SAMPLES.glob("*.yml"))}
    assert found == {
        "json_schema_prompt": [(5, "warning", "PC209")],
        "sample_prompt": [(23, "warning", "PC207")],
        "template_variables_prompt": [],
        "test_builtins": [
            (7, "warning", "PC208"),
            *((line, "warning", "PC207") for line in (16, 18, 20, 22, 24)),
        ],
    }
