from __future__ import annotations

import hashlib

import pytest
import rfc8785

from promptctl.errors import StoppedError, UsageError
from promptctl.model.registry import Registry
from promptctl.model.suite import resolve, suites_of
from promptctl.store.files import SourceFile
from promptctl.store.registry import read

PROMPT = "---\nmodel: {id: m, provider: p}\ninputs:\n  q: {kind: string, required: true}\n---\n{{ q }}\n"
SUITE = """description: Judges answers.
target: prompts/ask
dataset: golden
primary: correct
min_score: 0.7
assert:
  - {type: contains, value: "{{ expected }}", metric: correct}
"""
CASES = (
    '{"id": "b", "vars": {"q": "two?"}, "expected": "2", "assert": [{"type": "is-json"}]}\n'
    '{"id": "a", "vars": {"q": "one?"}, "expected": "1", "must_pass": true}\n'
)


def registry(**changed: str) -> Registry:
    files = {"prompts/ask.md": PROMPT, "evals/ask.yaml": SUITE, "datasets/golden.jsonl": CASES, **changed}
    return read(
        [
            SourceFile(path, text.encode(), 0o100644, len(text.encode()))
            for path, text in files.items()
            if text
        ]
    )


def test_cases_come_in_id_order_each_with_the_suites_assertions_then_its_own() -> None:
    suite = resolve(registry(), "evals/ask")
    assert [(case.id, [each.type for each in case.assertions]) for case in suite.cases] == [
        ("a", ["contains"]),
        ("b", ["contains", "is-json"]),
    ]
    assert (suite.target, suite.primary, suite.min_score) == ("prompts/ask", "correct", 0.7)


def test_the_digest_is_that_of_the_published_form() -> None:
    cases = [
        {"id": "a", "vars": {"q": "one?"}, "expected": "1", "must_pass": True},
        {"id": "b", "vars": {"q": "two?"}, "expected": "2", "assert": [{"type": "is-json"}]},
    ]
    body = {
        "target": "prompts/ask",
        "dataset": "datasets/golden",
        "primary": "correct",
        "min_score": 0.7,
        "assert": [{"type": "contains", "value": "{{ expected }}", "metric": "correct"}],
    }
    whole = {"schema": "promptctl.suite/v1", "suite": body, "dataset": cases, "judges": {}}
    suite = resolve(registry(), "evals/ask")
    assert suite.digest == "sha256:" + hashlib.sha256(rfc8785.dumps(whole)).hexdigest()
    assert suite.dataset_sha256 == hashlib.sha256(rfc8785.dumps(cases)).hexdigest()


def test_order_layout_and_description_leave_the_digest_as_it_is() -> None:
    lines = CASES.splitlines()
    same = {
        "evals/ask.yaml": SUITE.replace("Judges answers.", "Judges all answers."),
        "datasets/golden.jsonl": f"{lines[1]}\n\n{lines[0].replace(': ', ':')}\n",
    }
    assert resolve(registry(**same), "evals/ask") == resolve(registry(), "evals/ask")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("evals/ask.yaml", "primary: correct\n", ""),
        ("evals/ask.yaml", "min_score: 0.7", "min_score: 0.6"),
        ("evals/ask.yaml", "contains", "icontains"),
        ("datasets/golden.jsonl", '"must_pass": true', '"must_pass": false'),
        ("datasets/golden.jsonl", '"expected": "1"', '"expected": "one"'),
        ("datasets/golden.jsonl", CASES.splitlines(keepends=True)[0], ""),
    ],
)
def test_whatever_decides_a_score_changes_the_digest(path: str, old: str, new: str) -> None:
    text = {"evals/ask.yaml": SUITE, "datasets/golden.jsonl": CASES}[path]
    assert old in text
    changed = resolve(registry(**{path: text.replace(old, new)}), "evals/ask")
    assert changed.digest != resolve(registry(), "evals/ask").digest


def test_the_suites_of_a_prompt_are_those_that_target_it() -> None:
    other = SUITE.replace("prompts/ask", "prompts/other")
    assert suites_of(registry(**{"evals/b.yaml": other}), "prompts/ask") == (
        resolve(registry(), "evals/ask"),
    )


def test_a_suite_that_cannot_be_read_might_judge_anything() -> None:
    with pytest.raises(StoppedError, match=r"evals/b\.yaml cannot be read"):
        suites_of(registry(**{"evals/b.yaml": "target: [\n"}), "prompts/ask")


@pytest.mark.parametrize("path", ["evals/b.json", "evals/B.yaml", "evals/ask.yml", "evals/v1.yaml", "evals"])
def test_no_name_hides_a_suite(path: str) -> None:
    with pytest.raises(StoppedError, match=f"{path} cannot be read, and might judge prompts/ask"):
        suites_of(registry(**{path: SUITE}), "prompts/ask")


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        ({"evals/ask.yaml": ""}, UsageError, "there is no evals/ask"),
        ({"datasets/golden.jsonl": ""}, StoppedError, "evals/ask.yaml:3"),
        ({"datasets/golden.jsonl": "\n"}, StoppedError, "has no cases"),
        ({"datasets/golden.jsonl": "{\n"}, StoppedError, "datasets/golden.jsonl:1"),
        ({"evals/ask.yaml": SUITE + "nonsense: 1\n"}, StoppedError, "evals/ask.yaml:8"),
    ],
)
def test_a_suite_that_cannot_be_run_is_refused_with_the_place(
    files: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as refusal:
        resolve(registry(**files), "evals/ask")
    assert words in str(refusal.value)
