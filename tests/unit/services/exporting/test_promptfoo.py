from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from helpers.registries import registry

from promptctl.core.bundle import parse
from promptctl.model.bundle import build
from promptctl.model.suite import suites_of
from promptctl.services.exporting.exported import Exported, Subject
from promptctl.services.exporting.formats import FORMATS
from promptctl.services.exporting.yaml_text import yaml_text
from promptctl.store import yaml_reader

PROMPT = """\
---
model: {provider: openai, id: gpt-4.1-mini, options: {temperature: 0.2, maxOutputTokens: 9, topP: 1}}
inputs:
  name: {kind: string, required: true}
  tone: {kind: string, default: warm}
  tags: {kind: array, items: {kind: string}, default: []}
  history: {kind: thread}
---
# system:
Be {{ tone }}. {{ tags | tojson }} tojson

{{ history }}

# user:
{{ name }}
"""
SUITE = """\
target: prompts/p
dataset: p
repeats: 2
min_score: 0.5
primary: named
assert:
  - {type: contains, value: "{{ vars.name }}", metric: named, weight: 2}
  - {type: contains-any, value: "{{ expected.any }}"}
"""
CASE = {"id": "a", "vars": {"name": "Ada"}, "expected": {"any": ["x", "{{ y }}"]}}


def exported(prompt: str = PROMPT, suite: str = SUITE, *cases: Mapping[str, Any]) -> tuple[Any, Exported]:
    """Return the configuration as it is read again, and the export."""
    files = {"prompts/p.md": prompt, "evals/p.yaml": suite}
    files["datasets/p.jsonl"] = "".join(f"{json.dumps(each)}\n" for each in cases or (CASE,))
    found = registry({path: text for path, text in files.items() if text})
    assert found.findings == ()
    built = build(found, "prompts/p")
    subject = Subject(
        parse(built.content, digest=built.digest),
        built.about["prompts/p"] if built.about else {},
        suites_of(found, "prompts/p"),
    )
    made = FORMATS["promptfoo"].write(subject)
    document, findings = yaml_reader.read(made.content, "promptfooconfig.yaml")
    assert findings == ()
    assert document is not None
    return document.value, made


def said(made: Exported) -> str:
    assert {each.severity for each in made.findings} == {"warning"}
    return "\n".join(f"{each.code} {each.message}" for each in made.findings)


def test_the_prompt_is_one_chat_in_json() -> None:
    config, made = exported()
    assert config["prompts"][0]["label"] == "p"
    assert json.loads(config["prompts"][0]["raw"]) == [
        {"role": "system", "content": "Be {{ tone }}. {{ tags | dump }} tojson"},
        {"role": "user", "content": "{{ name }}"},
    ]
    assert "PC232 `tojson` sorts keys here" in said(made)
    assert "PC231 the thread `history` has no place" in said(made)


def test_the_model_is_the_provider_with_its_options() -> None:
    config, _ = exported()
    assert config["providers"] == [
        {
            "id": "openai:chat:gpt-4.1-mini",
            "config": {"temperature": 0.2, "max_completion_tokens": 9, "top_p": 1},
        }
    ]
    local, made = exported(PROMPT.replace("provider: openai, ", ""))
    assert local["providers"][0]["id"] == "gpt-4.1-mini"
    assert "promptfoo knows no provider" in said(made)


def test_cases_are_tests_with_assertions_filled_in_and_no_template_left_in_them() -> None:
    case = {**CASE, "group": "g", "tags": ["t"], "must_pass": True, "assert": [{"type": "not-is-json"}]}
    config, made = exported(PROMPT, SUITE, case)
    assert config["tests"] == [
        {
            "description": "a",
            "metadata": {"group": "g", "tags": ["t"], "must_pass": True},
            "vars": {"name": "Ada"},
            "assert": [
                {"type": "contains", "value": "Ada", "weight": 2, "metric": "named"},
                {"type": "contains-any", "value": ["x", "{% raw %}{{ y }}{% endraw %}"]},
                {"type": "not-is-json"},
            ],
        }
    ]
    assert config["evaluateOptions"] == {"repeat": 2}
    assert config["defaultTest"] == {
        "vars": {"tone": "warm", "tags": []},
        "options": {"disableVarExpansion": True},
    }
    assert "evals/p asks for 0.5 of the cases" in said(made)
    assert "decides on the metric `named`" in said(made)


def test_one_line_end_more_stands_for_the_one_that_is_taken_away() -> None:
    config, _ = exported(PROMPT, SUITE, {**CASE, "vars": {"name": "Ada\n"}})
    assert config["tests"][0]["vars"]["name"] == "Ada\n\n"


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ({"vars": {"name": "file:///etc/passwd"}}, "promptfoo would read the file that `name` begins with"),
        (
            {"assert": [{"type": "contains", "value": "file://x.js"}]},
            "promptfoo would read the file that the value of `contains` names",
        ),
        (
            {"vars": {"name": "a", "history": [{"role": "user", "content": "b"}]}},
            "it goes on from the messages of `history`",
        ),
        ({"expected": {}}, "needs `expected.any`, which the case does not have"),
    ],
)
def test_a_case_that_promptfoo_would_take_for_another_is_left_out(case: dict[str, Any], reason: str) -> None:
    config, made = exported(PROMPT, SUITE, CASE, {**CASE, "id": "b", **case})
    assert [each["description"] for each in config["tests"]] == ["a"]
    assert "case b of evals/p is left out: " in said(made)
    assert reason in said(made)


def test_a_prompt_without_model_and_suite_says_what_promptfoo_needs() -> None:
    config, made = exported("Hi.\n", "")
    assert set(config) == {"description", "prompts"}
    assert [each.code for each in made.findings] == ["PC231", "PC233"]


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "null",
            "1.10",
            "yes",
            "- a",
            "a: b",
            "a\nb",
            "a\nb\n",
            "a\n\n",
            "\na",
            "  a\nb",
            "a\n  b\n\nc",
            "\u2028",
        ),
        *(
            "# x",
            "'",
            '"',
            "é😀",
            "a\x07\nb",
            "\t\na",
            "x" * 200,
            "%",
            "@",
            "...",
            "---\na",
            "a\n---\nb",
            " \n",
            "\n",
        ),
        *([], {}, [[]], [{}], {"a": []}, [1, 2.5, True, None], {"a b": {"- c": ["x\ny\n", {"d": "e"}]}}),
        [[["a", {"b": "c\nd"}], "e"], {"f": [["g\nh"]]}],
    ],
)
def test_what_is_written_as_yaml_is_read_as_what_it_was(value: Any) -> None:
    document = {"key": value, "list": [value, value], "deep": {"x": [{"y": value, "z": 1}]}}
    read, findings = yaml_reader.read(yaml_text(document).encode(), "x")
    if value != "\u2028":  # which our reader takes in escapes only
        assert findings == ()
    assert read is not None
    assert read.value == document
