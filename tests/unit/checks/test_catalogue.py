from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from helpers.registries import registry, source

import promptctl
from promptctl import checks
from promptctl.checks import of_files
from promptctl.checks.catalogue import CATALOGUE, EVERY, RULES
from promptctl.checks.conversions import CONVERSIONS
from promptctl.checks.rule import FileRule, PipelineRule, SignersRule
from promptctl.model.findings import FINDINGS_PER_FILE
from promptctl.services.validate import validate
from promptctl.store.registry import read

PACKAGE = Path(promptctl.__file__).parent
CHECKS = Path(checks.__file__).parent
MODULES = sorted(
    {each.stem for each in CHECKS.glob("*.py")}
    - {"__init__", "catalogue", "characters", "conversions", "of_files", "rule"}
)


def test_the_list_has_every_rule_once_in_the_order_of_the_codes() -> None:
    declared = {id(import_module(f"promptctl.checks.{each}").RULE) for each in MODULES}
    assert {id(each) for each in EVERY} == declared
    assert [each.code for each in EVERY] == sorted(CATALOGUE)


def test_codes_of_import_and_export_stand_in_their_order_and_are_no_rules() -> None:
    codes = [each.code for each in CONVERSIONS]
    assert codes == sorted(set(codes))
    assert not set(codes) & set(CATALOGUE)


def test_a_code_is_written_in_the_file_of_its_rule_alone() -> None:
    sources = {each: each.read_text() for each in PACKAGE.rglob("*.py")}
    written = {code: path for path, text in sources.items() for code in re.findall(r'"(PC\d{3})"', text)}
    assert {path.parent for path in written.values()} == {CHECKS}
    assert sorted(written) == sorted([*CATALOGUE, *(each.code for each in CONVERSIONS)])
    assert Counter(re.findall(r'"(PC\d{3})"', "".join(sources.values()))).most_common(1)[0][1] == 1


@pytest.mark.parametrize("module", MODULES)
def test_a_rule_says_what_must_hold_why_and_what_to_do(module: str) -> None:
    loaded = import_module(f"promptctl.checks.{module}")
    assert loaded.RULE.about[-1].isalnum() or loaded.RULE.about[-1] in "-)`"
    assert (loaded.__doc__ or "").strip().endswith(".")


def test_the_rules_find_nothing_in_a_registry_that_is_right() -> None:
    files = {
        "promptctl.yaml": "environments: [{name: dev, gates: {evals: {}}}]\n",
        "prompts/answer.md": (
            "---\ninputs:\n  question: {kind: string, required: true}\n"
            "  context: {kind: string, required: true}\n"
            "  user: {kind: object, default: {name: you}, properties: {name: {kind: string}}}\n"
            "  tone: {kind: string}\n  history: {kind: thread}\n"
            "promptctl: {context_template: passages}\n---\n"
            "# system:\nUse {{ context }}, {{ tone | default('kindly') }}.\n"
            "{{ history }}\n# user:\n{{ user.name }}: {{ question }}\n"
        ),
        "prompts/judges/tone.md": "Is it kind?\n",
        "context_templates/passages.md": (
            "---\ninputs: {documents: {kind: array, required: true}}\n---\n"
            "{% for each in documents %}{{ loop.index }} {{ each.content }}{% endfor %}\n"
        ),
        "evals/answer.yaml": (
            "target: prompts/answer\ndataset: golden\nprimary: correct\n"
            'assert: [{type: not-contains-any, value: "{{ expected.none_of }}", metric: correct}]\n'
        ),
        "datasets/golden.jsonl": (
            '{"id": "c1", "vars": {"question": "?", "history": []}, "expected": {"none_of": ["no"]}}\n'
        ),
    }
    assert validate(registry(files)).findings == ()


def test_one_template_has_a_bounded_number_of_undefined_names() -> None:
    declared = "".join(f"  name{number}: {{kind: string, default: x}}\n" for number in range(500))
    uses = "".join(f"{{{{ nome{number} }}}}" for number in range(500))
    found = registry({"prompts/x.md": f"---\ninputs:\n{declared}---\n{uses}\n"})
    rule = next(each for each in RULES if each.code == "PC101")
    assert len(list(rule.check(found.artifacts["prompts/x"], found))) == FINDINGS_PER_FILE


def test_a_new_required_input_is_one_finding_for_all_cases_of_a_dataset() -> None:
    cases = "".join(f'{{"id": "c{number}", "expected": "x"}}\n' for number in range(30))
    suite = "target: prompts/p\ndataset: golden\n"
    files = [
        source("prompts/p.md", "---\ninputs:\n  q: {kind: string, required: true}\n---\n{{ q }}\n"),
        source("evals/a.yaml", suite),
        source("evals/b.yaml", suite),
        source("datasets/golden.jsonl", cases),
    ]
    (found,) = [each for each in validate(read(files)).findings if each.code == "PC112"]
    assert (found.where, found.message) == (
        "datasets/golden.jsonl:1:1",
        "case c0 and 29 more do not fit prompts/p: input 'q' is required and was not given",
    )


def test_what_every_case_fills_in_is_bounded_and_what_is_the_same_in_all_is_tried_once() -> None:
    cases = "".join(f'{{"id": "{number}", "vars": {{"q": "x"}}}}\n' for number in range(2_000))
    prompt = "---\ninputs: {q: {kind: string, required: true}}\n---\n{{ q }}\n"

    def found(value: str, count: int) -> list[str]:
        assertions = f"  - {{type: contains, value: '{value}'}}\n" * count
        suite = f"target: prompts/p\ndataset: d\nassert:\n{assertions}"
        files = {"prompts/p.md": prompt, "evals/s.yaml": suite, "datasets/d.jsonl": cases}
        findings = validate(registry(files)).findings
        return [f"{each.line} {each.message}" for each in findings if each.code == "PC110"]

    assert found("x", 1_000) == []
    assert found("{{ vars.q }}", 50) == []
    assert found("{{ vars.q }}", 60) == [
        "54 the assertions before this one have more values of cases than can be tried"
    ]
    assert found("{% for a in vars.q %}{% endfor %}", 1) == [
        "4 the assertions before this one have more values of cases than can be tried"
    ]


def test_the_words_about_a_value_that_is_not_allowed_name_only_some_that_are() -> None:
    allowed = ", ".join(f"v{number}" for number in range(10_000))
    prompt = f"---\ninputs: {{q: {{kind: string, enumValues: [{allowed}], default: x}}}}\n---\n{{{{ q }}}}\n"
    (found,) = [
        each for each in validate(registry({"prompts/p.md": prompt})).findings if each.code == "PC104"
    ]
    assert found.message.endswith(
        "is not one of v0, " + ", ".join(f"v{number}" for number in range(1, 20)) + ", …"
    )


def test_what_looks_at_one_file_alone_is_listed_apart_and_nothing_else_is() -> None:
    lists = ((FileRule, of_files.FILE_RULES), (PipelineRule, of_files.PIPELINE_RULES))
    for kind, listed in (*lists, (SignersRule, of_files.SIGNERS_RULES)):
        assert listed == tuple(each for each in EVERY if isinstance(each, kind))
