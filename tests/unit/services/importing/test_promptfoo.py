from __future__ import annotations

import json
import re
from typing import Any

import pytest
from helpers.imports import imported, messages, registry_of, said

from promptctl.core.canonical import dumps
from promptctl.model.suite import resolve
from promptctl.scorers import SCORERS
from promptctl.services.importing.formats import FORMATS
from promptctl.services.importing.imported import Imported, Source
from promptctl.services.validate import validate

HEAD = "prompts: ['Greet {{name}}']\n"


def made_of(text: str, beside: dict[str, str] | None = None, path: str = "it.yaml") -> Imported:
    return imported("promptfoo", text, beside, path=path)


def cases(made: Imported, name: str = "it") -> list[dict[str, Any]]:
    return [json.loads(line) for line in made.files[f"datasets/{name}.jsonl"].splitlines()]


def errors_of(made: Imported) -> list[str]:
    """Return what the rules say of the registry, but for the pipeline that it lacks."""
    found = validate(registry_of(made)).findings
    return [each.message for each in found if each.severity == "error" and each.path != "promptctl.yaml"]


def asserted(text: str, beside: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the assertions of one test, which also has one that everybody knows."""
    made = made_of(f"{HEAD}tests:\n  - vars: {{name: Ada}}\n    assert:\n      - {text}\n", beside)
    return cases(made)[0].get("assert", []) if "datasets/it.jsonl" in made.files else []


def codes(text: str, beside: dict[str, str] | None = None) -> list[str]:
    return [f"{each.severity} {each.code}" for each in made_of(text, beside).findings]


def test_a_chat_in_json_becomes_messages_that_validate() -> None:
    chat = [
        {"role": "system", "content": "Be {{ tone | upper }}."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hi {{name}}:\n"}, {"type": "text", "text": "user:"}],
        },
    ]
    made = made_of("description: Greets.\nprompts: [file://a/chat.json]\n", {"a/chat.json": json.dumps(chat)})
    assert messages(made, {"tone": "kind", "name": "Ada"}) == [
        {"role": "system", "content": "Be KIND."},
        {"role": "user", "content": "Hi Ada:\nuser:"},
    ]
    assert errors_of(made) == []
    assert registry_of(made).artifacts["prompts/it"].value.description == "Greets."


def test_every_way_to_write_prompts_is_read() -> None:
    text = """\
prompts:
  - 'Plain {{x}}'
  - file://p/several.txt
  - {id: file://p/page.md, label: A page}
  - {raw: 'Raw {{x}}', label: raw}
  - p/table.csv
  - file://p/chat.yaml
  - |
    - role: system
      content: Inline
"""
    beside = {
        "p/several.txt": "One\n---\nTwo {{x}}\n\n---\n",
        "p/page.md": "# Page\n",
        "p/table.csv": 'prompt,label\n"Hello, {{x}}",Row\n',
        "p/chat.yaml": "- {role: user, content: 'Yaml {{x}}'}\n",
    }
    made = made_of(text, beside)
    texts = {
        address: [(each.role, each.text) for each in artifact.value.messages]
        for address, artifact in registry_of(made).artifacts.items()
    }
    assert texts == {
        "prompts/it/prompt-1": [("user", "Plain {{x}}")],
        "prompts/it/several": [("user", "One")],
        "prompts/it/several-2": [("user", "Two {{x}}")],
        "prompts/it/a-page": [("user", "# Page")],
        "prompts/it/raw": [("user", "Raw {{x}}")],
        "prompts/it/row": [("user", "Hello, {{x}}")],
        "prompts/it/chat": [("user", "Yaml {{x}}")],
        "prompts/it/prompt-8": [("system", "Inline")],
    }
    assert made.findings == ()


@pytest.mark.parametrize(
    "prompt",
    [
        *("exec:./make.sh", "file://make.py:prompt", "file://make.js", "./make.rb", "langfuse://x:1"),
        *("file://../secret.txt", "file:///etc/passwd", "file://a/../../b.txt", "'{{ env.HOME }}'"),
    ],
)
def test_nothing_is_run_fetched_or_read_from_elsewhere(prompt: str) -> None:
    beside = dict.fromkeys(("../secret.txt", "../b.txt", "/etc/passwd", "make.py", "make.js"), "text")
    made = made_of(f"prompts: [{prompt}]\n", beside)
    assert made.files == {}
    assert [(each.severity, each.code) for each in made.findings] == [("error", "PC206")]


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("'{% set x = 1 %}{{ x }}'", "PC205"),
        ("'{{ items[0] }}'", "PC205"),
        ('\'[{"role": "user", "content": {{ x | dump }}}]\'', "PC205"),
        ("'{{ _conversation }}'", "PC205"),
        ("file://missing.txt", "PC201"),
        ("'file://*.txt'", "PC201"),
        ("7", "PC201"),
        ("{label: x}", "PC201"),
    ],
)
def test_what_cannot_be_said_or_found_is_an_error(prompt: str, code: str) -> None:
    made = made_of(f"prompts: [{prompt}]\n")
    assert (made.files, [(each.severity, each.code) for each in made.findings]) == ({}, [("error", code)])


def test_dump_is_tojson() -> None:
    made = made_of(
        "prompts: ['{{ x | dump }} dump']\ntests: [{vars: {x: {b: [1]}}, assert: [{type: is-json}]}]\n"
    )
    assert messages(made, {"x": {"b": [1]}})[0]["content"] == '{"b":[1]} dump'


def test_a_list_of_texts_makes_a_test_of_each_and_other_lists_are_values() -> None:
    text = (
        "prompts: ['{{a}} {{b}} {{c | join}}']\n"
        "tests:\n  - description: All\n    vars: {a: [x, y], b: [z, w], c: [1, 2]}\n"
        "    assert: [{type: contains, value: q}]\n"
    )
    assert [(each["id"], each["vars"]) for each in cases(made_of(text))] == [
        ("all", {"a": "x", "b": "z", "c": [1, 2]}),
        ("all-2", {"a": "x", "b": "w", "c": [1, 2]}),
        ("all-3", {"a": "y", "b": "z", "c": [1, 2]}),
        ("all-4", {"a": "y", "b": "w", "c": [1, 2]}),
    ]
    whole = made_of(f"{text}defaultTest: {{options: {{disableVarExpansion: true}}}}\n")
    assert cases(whole)[0]["vars"]["a"] == ["x", "y"]
    many = "[" + ", ".join(f"x{at}" for at in range(200)) + "]"
    assert "error PC201" in codes(
        f"prompts: ['{{{{a}}}}{{{{b}}}}{{{{c}}}}']\ntests: [{{vars: {{a: {many}, b: {many}, c: {many}}}}}]\n"
    )


def test_variables_come_from_files_and_from_each_other() -> None:
    text = (
        f"{HEAD}tests:\n  - vars: {{name: 'file://n.txt', out: 'I am {{{{name}}}}'}}\n"
        "    assert: [{type: contains, value: '{{ out }} / {{name}}'}]\n"
        "  - {vars: file://v.yaml, assert: [{type: contains, value: x}]}\n"
    )
    made = made_of(text, {"n.txt": "Ada\n", "v.yaml": "name: Bo\n"})
    first, second = cases(made)
    assert (first["vars"], first["expected"]) == ({"name": "Ada"}, {"out": "I am Ada"})
    assert first["assert"] == [{"type": "contains", "value": "{{ expected.out }} / {{vars.name}}"}]
    assert second["vars"] == {"name": "Bo"}


def test_inputs_have_the_kinds_of_their_values_and_defaults_of_the_default_test() -> None:
    text = """\
prompts: ['{{s}} {{i}} {{f}} {{b}} {{l | join}} {{o.k}} {{d}} {{sometimes}} {{mixed}}']
defaultTest: {vars: {d: warm}}
tests:
  - {vars: {s: a, i: 1, f: 0.5, b: true, l: [1], o: {k: v}, sometimes: x, mixed: 1},
     assert: [{type: is-json}]}
  - {vars: {s: b, i: 2, f: 1, b: false, l: [2], o: {k: v}, mixed: a}, assert: [{type: is-json}]}
"""
    made = made_of(text)
    inputs = registry_of(made).artifacts["prompts/it"].value.inputs
    assert {name: (each.kind, each.required, each.default) for name, each in inputs.items()} == {
        "s": ("string", True, None),
        "i": ("integer", True, None),
        "f": ("float", True, None),
        "b": ("boolean", True, None),
        "l": ("array", True, None),
        "o": ("object", True, None),
        "d": ("string", False, "warm"),
        "sometimes": ("string", False, ""),
        "mixed": ("string", True, None),
    }
    assert [each["vars"]["mixed"] for each in cases(made)] == ["1", "a"]
    assert errors_of(made) == []


@pytest.mark.parametrize(
    "assertion",
    [
        {"type": "contains-any", "value": ["a", "b, c"], "weight": 2, "metric": "found"},
        {"type": "not-contains-all", "value": 'a, "b, c"'},
        {"type": "latency", "threshold": 500},
        {"type": "not-regex", "value": "^a{2}$"},
        {"type": "equals", "value": {"a": [1, None]}},
        {"type": "is-json", "value": {"type": "object", "required": ["a"]}},
        {"type": "starts-with", "value": "A", "threshold": 1},
    ],
)
def test_assertions_that_we_have_are_carried_over_exactly(assertion: dict[str, Any]) -> None:
    assert asserted(dumps(assertion)) == [assertion]


@pytest.mark.parametrize(
    ("assertion", "code"),
    [
        ("{type: javascript, value: 'output.length'}", "error PC206"),
        ("{type: not-python, value: 'file://x.py'}", "error PC206"),
        ("{type: ruby, value: x}", "error PC206"),
        ("{type: webhook, value: 'https://example.com'}", "error PC206"),
        ("{type: contains, value: 'file://x.js'}", "error PC206"),
        ("{type: equals, value: 'file://make.py:f'}", "error PC206"),
        ("{type: contains, value: 'exec:./x.sh'}", "error PC206"),
        ("{type: contains, value: a, transform: 'output.trim()'}", "error PC206"),
        ("{type: contains, value: 'file://../x.txt'}", "error PC206"),
        ("{type: llm-rubric, value: kind}", "warning PC207"),
        ("{type: similar, value: x, threshold: 0.8}", "warning PC207"),
        ("{type: assert-set, assert: [{type: contains, value: a}]}", "warning PC207"),
        ("{type: regex, value: '(?=a)b'}", "error PC207"),
        ("{type: contains}", "error PC207"),
        ("{type: latency, threshold: soon}", "error PC207"),
        ("{type: contains, value: '{{ x | nope }}'}", "error PC205"),
        ("{type: contains, value: '{{ env.KEY }}'}", "error PC205"),
        ("{value: a}", "error PC201"),
        ("7", "error PC201"),
    ],
)
def test_other_assertions_are_said_and_never_run(assertion: str, code: str) -> None:
    text = f"{HEAD}tests:\n  - vars: {{name: Ada}}\n    assert:\n    - {assertion}\n    - {{type: is-json}}\n"
    made = made_of(text, {"x.js": "x", "x.py": "x", "../x.txt": "x", "make.py": "x"})
    assert codes(text) == [code]
    assert cases(made)[0]["assert"] == [{"type": "is-json"}]


def test_an_assertion_that_we_have_not_is_answered_with_those_that_we_have() -> None:
    made = made_of(f"{HEAD}tests: [{{vars: {{name: Ada}}, assert: [{{type: similar, value: x}}]}}]\n")
    hints = {each.code: each.hint for each in made.findings}
    assert hints["PC207"] == f"there are: {', '.join(SCORERS)}; and each of them with not- before it"
    assert hints["PC208"] == (
        "give them assertions there; or add evals/it.yaml with `target: prompts/it`, a `dataset` of cases,"
        " and what to `assert`"
    )


def test_a_value_may_stand_in_a_file() -> None:
    assert asserted("{type: contains, value: 'file://v.txt'}", {"v.txt": "Ada\n"})[0]["value"] == "Ada"
    schema = {"type": "object"}
    assert (
        asserted("{type: is-json, value: 'file://s.json'}", {"s.json": json.dumps(schema)})[0]["value"]
        == schema
    )


def test_tests_come_from_tables_and_lists_next_to_the_configuration() -> None:
    table = (
        "name,__expected,__expected2,__description,__metadata:group,__metadata:tags[],__metric\n"
        'Di,"contains-any: <b>,</span>",is-json,First,g,"a,b",found\n'
        'Ed,"Paris, France",not-contains(0.5): x,,,,\n'
        "Fi,llm-rubric: kind,python: 1,,,,\n"
    )
    text = f"{HEAD}tests: [file://t.csv, file://t.yaml, file://t.jsonl, file://gen.py:f, 'https://example.com/t.csv']\n"
    beside = {
        "t.csv": table,
        "t.yaml": "- vars: {name: Gi}\n  assert: [{type: equals, value: x}]\n",
        "t.jsonl": '{"vars": {"name": "Hi"}, "assert": [{"type": "equals", "value": "y"}]}\n7\n',
        "gen.py": "x",
    }
    made = made_of(text, beside)
    assert cases(made) == [
        {
            "id": "first",
            "vars": {"name": "Di"},
            "tags": ["a", "b"],
            "group": "g",
            "assert": [
                {"type": "contains-any", "value": ["<b>", "</span>"]},
                {"type": "is-json"},
            ],
        },
        {
            "id": "c002",
            "vars": {"name": "Ed"},
            "assert": [
                {"type": "equals", "value": "Paris, France"},
                {"type": "not-contains", "value": "x", "threshold": 0.5},
            ],
        },
        {"id": "c004", "vars": {"name": "Gi"}, "assert": [{"type": "equals", "value": "x"}]},
        {"id": "c005", "vars": {"name": "Hi"}, "assert": [{"type": "equals", "value": "y"}]},
    ]
    found = [(each.path, each.line, each.code) for each in made.findings]
    assert ("t.csv", 4, "PC206") in found
    assert ("t.csv", 4, "PC207") in found
    assert ("t.jsonl", 2, "PC201") in found
    assert [each for each in found if each[:2] == ("it.yaml", 2)] == [("it.yaml", 2, "PC206")] * 2
    assert ("it.yaml", 0, "PC208") in found
    assert ("it.yaml", 0, "PC209") in found  # no metric is asserted everywhere


def test_default_assertions_stay_with_the_suite_and_one_metric_decides() -> None:
    text = f"""\
{HEAD}evaluateOptions: {{repeat: 3, maxConcurrency: 2}}
defaultTest: {{assert: [{{type: contains, value: '{{{{name}}}}', metric: named}}]}}
tests:
  - vars: {{name: Ada}}
  - {{vars: {{name: Bo}}, assert: [{{type: is-json, metric: other}}]}}
"""
    made = made_of(text)
    suite = registry_of(made).artifacts["evals/it"].value
    assert (suite.target, suite.dataset, suite.primary, suite.repeats) == ("prompts/it", "it", "named", 3)
    assert [each.value for each in suite.assertions] == ["{{vars.name}}"]
    assert len(resolve(registry_of(made), "evals/it").cases) == 2
    assert said(made) == [(2, "warning", "PC204")]


def test_tests_that_nothing_judges_are_left_out_and_counted() -> None:
    made = made_of(
        f"{HEAD}tests:\n  - vars: {{name: Ada}}\n  - {{vars: {{name: Bo}}, assert: [{{type: is-json}}]}}\n"
    )
    assert [each["vars"]["name"] for each in cases(made)] == ["Bo"]
    assert [each.message for each in made.findings] == [
        "1 of 2 tests assert nothing that could be carried over, and were left out"
    ]


@pytest.mark.parametrize(
    ("providers", "model"),
    [
        ("openai:gpt-4.1-mini", {"provider": "openai", "id": "gpt-4.1-mini"}),
        ("[openai:chat:gpt-4.1-mini]", {"provider": "openai", "id": "gpt-4.1-mini"}),
        ("[{id: 'anthropic:messages:claude-x', config: {temperature: 0, max_tokens: 9, apiKey: sk-1}}]",
         {"provider": "anthropic", "id": "claude-x", "options": {"temperature": 0, "maxOutputTokens": 9}}),
        ("[{'ollama:chat:llama3:8b': {config: {stop: END}}}]",
         {"provider": "ollama", "id": "llama3:8b", "options": {"stopSequences": ["END"]}}),
        ("[openai:a, openai:b]", None),
        ("[file://custom.py]", None),
        ("[exec:./run]", None),
        ("[7]", None),
    ],
)  # fmt: skip
def test_one_provider_is_the_model(providers: str, model: dict[str, Any] | None) -> None:
    made = made_of(f"{HEAD}providers: {providers}\n")
    value = registry_of(made).artifacts["prompts/it"].value.model
    assert (value is None) == (model is None) == (not value)
    if model is None:
        assert len(made.findings) == 1
        return
    assert (value.provider, value.id) == (model["provider"], model["id"])
    options = {key: each for key, each in vars(value.options).items() if each not in (None, ())}
    assert {
        key: list(each) if isinstance(each, tuple) else each for key, each in options.items()
    } == model.get("options", {})
    assert not any("sk-1" in each.message + each.hint for each in made.findings)


def test_code_around_the_tests_is_said() -> None:
    text = (
        f"{HEAD}extensions: [file://hook.js]\nnunjucksFilters: {{up: ./up.js}}\nenv: {{A: b}}\n"
        "scenarios: []\n"
        "defaultTest: {options: {transform: 'output', prefix: x}}\n"
    )
    assert sorted(codes(text)) == ["error PC206"] * 4 + ["warning PC204"] * 2


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "7", "[]", "prompts: {}", "prompts:", "a: &x 1", "tests: 7", "prompts: [[]]", "\tx: 1"),
        *(
            "prompts: [x]\ntests: [7]",
            "prompts: [x]\ndefaultTest: 7",
            "prompts: [x]\nproviders: {}",
            "{" * 200,
        ),
        *(
            "prompts: [x]\ntests: [{vars: 7}]",
            "prompts: [x]\ntests: [{assert: 7}]",
            "prompts: [x]\ntests: [{vars: {a: [[]]}}]",
        ),
    ],
)
def test_hostile_configurations_end_in_findings(text: str) -> None:
    made = made_of(text)
    registry_of(made)
    assert made.findings or made.files


def test_names_with_colons_need_no_quotes_in_lists() -> None:
    text = "prompts: [file://a.txt, 'b: c']\nproviders: [{id: openai:chat:gpt-4o, config: {stop: [a:b]}}]\n"
    made = made_of(text, {"a.txt": "A"})
    assert len(made.files) == 2
    assert b"id: gpt-4o\n" in made.files["prompts/it/a.md"]
    assert codes("prompts: [a: b: c]\n") == ["error PC020"]


def test_more_than_anybody_writes_is_refused_and_costs_little() -> None:
    lines = "x\n" * 5_000
    assert codes("prompts: file://p.csv\n", {"p.csv": lines}) == ["error PC201"]
    assert len(made_of("prompts: file://p.csv\n", {"p.csv": lines}).files) == 1_000
    many = made_of(
        "prompts: file://p.csv\ntests: file://t.csv\n", {"p.csv": "x\n" * 200, "t.csv": "a\n" * 200}
    )
    assert [each.message for each in many.findings] == [
        "200 prompts with 199 tests each: more than 10,000 cases"
    ]
    assert not any(path.startswith("evals/") for path in many.files)
    assert codes(f"prompts: ['{'{{x}}' * 6_000}']\n") == ["error PC205"]
    assert codes("prompts: file://p.txt\n", {"p.txt": "a" * (1 << 21)}) == ["error PC201"]
    huge = {"p.csv": f'prompt,label\n"{"a" * 200_000}",b\n'}
    assert codes("prompts: file://p.csv\n", huge) == ["error PC201"]
    assert codes(f"{HEAD}tests: file://p.csv\n", huge) == ["error PC201"]


def globbed(text: str, files: dict[str, str]) -> Imported:
    beside = {path: content.encode() for path, content in files.items()}
    source = Source("it.yaml", text.encode(), "it", beside=beside.get, matching=lambda _: sorted(beside))
    return FORMATS["promptfoo"].read(source)


def test_patterns_stand_for_files_in_the_folder_and_scripts_among_them_are_errors() -> None:
    made = globbed(
        "prompts: file://prompts/*\n", {"prompts/b.txt": "B", "prompts/a.txt": "A", "prompts/c.py": "x"}
    )
    assert list(made.files) == ["prompts/it/a.md", "prompts/it/b.md"]
    assert [(each.code, each.message) for each in made.findings] == [("PC206", "prompts/c.py would be run")]
    head = "prompts: [x]\ntests: file://t/*.yaml\n"
    case = "- assert: [{type: is-json}]\n"
    assert len(cases(globbed(head, {"t/1.yaml": case, "t/2.yaml": case}))) == 2


@pytest.mark.parametrize(
    ("pattern", "said_of_it"),
    [
        ("../*.txt", "lies outside of the folder"),
        ("/etc/*.txt", "lies outside of the folder"),
        ("a/../../*.txt", "lies outside of the folder"),
        ("{a,b}.txt", "is not read here"),
        ("**/a/**/*.txt", "is not read here"),
        ("none/*.txt", "no file fits"),
    ],
)
def test_patterns_never_leave_the_folder(pattern: str, said_of_it: str) -> None:
    (finding,) = globbed(f"prompts: 'file://{pattern}'\n", {}).findings
    assert said_of_it in finding.message


@pytest.mark.parametrize(
    ("tests", "what"),
    [
        (f"[{{vars: {{a: [{'x,' * 200}], b: [{'y,' * 200}]}}, assert: [{{type: is-json}}]}}]", "cases"),
        (f"[{{vars: {{a: [{'x,' * 300}]}}, assert: [{'{type: is-json},' * 100}]}}]", "assertions"),
        (f"[{{vars: {{a: [{'x,' * 100}], b: {'y' * 50_000}}}, assert: [{{type: is-json}}]}}]", "characters"),
        (f"[{{assert: [{{type: contains-any, value: [{'x,' * 20_001}]}}]}}]", "assertions"),
    ],
)
def test_few_words_that_mean_many_tests_are_bounded(tests: str, what: str) -> None:
    made = made_of(f"prompts: [x]\ntests: {tests}\n")
    (finding,) = (each for each in made.findings if each.severity == "error")
    assert re.match(rf"more than [0-9,]+ {what}.*: only the first [0-9,]+ tests were read", finding.message)
    assert sum(map(len, made.files.values())) < 8_000_000


def test_every_prompt_has_the_default_assertions_and_many_of_both_are_refused() -> None:
    text = f"prompts: [{'x,' * 300}]\ntests: [{{}}]\ndefaultTest: {{assert: [{'{type: is-json},' * 100}]}}\n"
    made = made_of(text)
    assert ["more than 20,000 assertions" in each.message for each in made.findings] == [True]
    assert not any(path.startswith("evals/") for path in made.files)


def test_prompts_together_are_bounded() -> None:
    assert len(made_of(f"prompts: [{'p.txt,' * 9}]\n", {"p.txt": "a" * 900_000}).files) == 4
    made = made_of(f"prompts: [{'p.txt,' * 9}]\n", {"p.txt": "{{x}}" * 4_000})
    assert (len(made.files), made.findings[0].message) == (5, "more than 20,000 tags in all prompts together")
