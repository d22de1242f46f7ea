from __future__ import annotations

import json

import pytest
from helpers.rules import messages

SUITE = "target: prompts/p\ndataset: golden\n"
GOLDEN = '{"id": "c1", "expected": "x"}\n'


@pytest.mark.parametrize(
    ("provider", "found"),
    [
        ("openai", ["promptctl.yaml has no provider 'openai', so suites cannot ask it"]),
        ("acme", []),
        ("local", []),
        ("replay", []),
        ("''", []),
    ],
)
def test_the_provider_of_a_judged_prompt_is_declared(provider: str, found: list[str]) -> None:
    files = {
        "promptctl.yaml": 'environments: [{name: dev}]\nproviders: {acme: {base_url: "https://x.example"}}\n',
        "prompts/p.md": f"---\nmodel: {{provider: {provider}, id: m}}\n---\nHello\n",
        "evals/p.yaml": SUITE,
        "datasets/golden.jsonl": GOLDEN,
    }
    assert messages("PC152", files) == found
    assert messages("PC152", {**files, "evals/p.yaml": SUITE.replace("prompts/p", "prompts/q")}) == []
    assert messages("PC152", {**files, "promptctl.yaml": "nonsense: true\n"}) == []


@pytest.mark.parametrize(
    ("path", "name", "found"),
    [
        ("prompts/find-order.md", "find-order", 0),
        ("prompts/find-order.md", "support-answer", 1),
        ("prompts/find-order.md", "Find an order", 0),
        ("prompts/find-order.md", "Find-Order", 0),
        ("prompts/find-order.md", "find_order", 0),
        ("prompts/shop/find-order.md", "find-order", 0),
        ("prompts/shop/find-order.md", "shop/find-order", 0),
        ("prompts/shop/find-order.md", "order", 1),
        ("prompts/judges/tone.md", "tone", 0),
    ],
)
def test_a_name_left_over_from_another_file_is_named(path: str, name: str, found: int) -> None:
    assert len(messages("PC153", {path: f"---\nname: {name}\n---\nHello\n"})) == found


@pytest.mark.parametrize(
    ("cases", "found"),
    [
        (['"vars": {"q": "a"}', '"vars": {"q": "b"}'], []),
        (['"vars": {"q": 1}', '"vars": {"q": "1"}'], []),
        (['"vars": {"q": "a"}', '"vars": {"q": "a"}, "documents": [{"id": "d", "content": "x"}]'], []),
        (["", ""], []),
        (['"vars": {"q": "a"}', '"vars": {"q": "a"}'], ["case c1 asks the same as case c0"]),
        (['"vars": {"a": 1, "b": 2}', '"vars": {"b": 2, "a": 1}'], ["case c1 asks the same as case c0"]),
        (
            ['"vars": {"q": "a"}, "expected": 1', '"vars": {"q": "a"}, "expected": 2'],
            ["case c1 asks the same as case c0, and expects something else"],
        ),
    ],
)
def test_a_question_that_is_asked_twice_is_named(cases: list[str], found: list[str]) -> None:
    lines = [f'{{"id": "c{number}"{", " if case else ""}{case}}}\n' for number, case in enumerate(cases)]
    assert messages("PC154", {"datasets/golden.jsonl": "".join(lines)}) == found


def test_very_many_repeated_questions_do_not_fill_the_screen() -> None:
    lines = "".join(f'{{"id": "c{number}", "vars": {{"q": 1}}}}\n' for number in range(500))
    assert len(messages("PC154", {"datasets/golden.jsonl": lines})) == 20


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ([["a", "b"], ["b"], ["c-2", "c-3"]], 0),
        ([["a"], ["A"], ["A"]], 1),
        ([["spare-parts"], ["spare_parts"], ["Spare parts"]], 2),
        ([["+"], ["-"]], 0),
        ([["größe"], ["GRÖSSE"]], 1),
    ],
)
def test_a_tag_that_is_spelt_in_two_ways_is_named(tags: list[list[str]], found: int) -> None:
    lines = [
        json.dumps({"id": f"c{number}", "vars": {"q": number}, "tags": each}) + "\n"
        for number, each in enumerate(tags)
    ]
    assert len(messages("PC158", {"datasets/golden.jsonl": "".join(lines)})) == found


USED = {
    "prompts/p.md": (
        "---\ninputs: {context: {kind: string}}\npromptctl:\n  rag_config: help\n  guardrails: [g]\n"
        "  context_template: c\n  tool_policies: [t]\n  oversight_policy: o\n---\n"
        '{% include "voice" %}\n'
    ),
    "partials/voice.md": '{% include "manners" %}\n',
    "partials/manners.md": "Kind.\n",
    "rag_configs/help.yaml": "index: help\n",
    "index_manifests/help.yaml": (
        "vector_store: {provider: p, collection: c}\nembedding: {provider: p, model: m, dimensions: 3}\n"
        'metric: dot\nchunking: {strategy: fixed, chunk_size: 9}\nsource: {uri: x, sha256: "0"}\n'
    ),
    "context_templates/c.md": "Hello\n",
    "guardrails/g.yaml": "output: [{type: tone, judge: judges/used, enforce: eval}]\n",
    "tool_policies/t.yaml": "default: deny\n",
    "oversight_policies/o.yaml": "default: manual\n",
    "prompts/judges/used.md": "Kind?\n",
    "prompts/judges/waiting.md": "Rude?\n",
    "evals/p.yaml": SUITE,
    "datasets/golden.jsonl": GOLDEN,
}


def test_everything_that_a_prompt_or_suite_reaches_is_used_and_judges_may_wait() -> None:
    assert messages("PC155", USED) == []


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("partials/other.md", "Hello\n"),
        ("context_templates/other.md", "Hello\n"),
        ("rag_configs/other.yaml", "{}\n"),
        ("index_manifests/other.yaml", USED["index_manifests/help.yaml"]),
        ("guardrails/other.yaml", "{}\n"),
        ("tool_policies/other.yaml", "{}\n"),
        ("oversight_policies/other.yaml", "{}\n"),
        ("datasets/other.jsonl", GOLDEN),
    ],
)
def test_what_nothing_uses_is_named(path: str, content: str) -> None:
    (found,) = messages("PC155", {**USED, path: content})
    assert found.endswith(f"uses {path.rpartition('.')[0]}")


def test_nothing_is_unused_where_a_file_is_unread_a_name_is_misspelt_or_prompts_are_still_to_come() -> None:
    unused = {**USED, "rag_configs/other.yaml": "{}\n"}
    assert messages("PC155", {**unused, "evals/broken.yaml": "target: 7\n"}) == []
    misspelt = USED["prompts/p.md"].replace("rag_config: help", "rag_config: othre")
    assert [*messages("PC155", {**unused, "prompts/p.md": misspelt})] == [
        "no prompt uses index_manifests/help"
    ]
    assert messages("PC155", {"rag_configs/other.yaml": "{}\n"}) == []


def test_cases_with_the_same_kind_of_problem_are_one_finding_however_their_values_differ() -> None:
    prompt = (
        "---\ninputs:\n  l: {kind: string, enumValues: [en]}\n  h: {kind: thread}\n---\n{{ l }}\n\n{{ h }}\n"
    )
    cases = "".join(f'{{"id": "a{each}", "vars": {{"l": "x{each}"}}}}\n' for each in range(30))
    cases += "".join(
        f'{{"id": "b{each}", "vars": {{"h": [{{"role": "x", "content": "{each}"}}]}}}}\n'
        for each in range(30)
    )
    found = messages("PC112", {"prompts/p.md": prompt, "evals/p.yaml": SUITE, "datasets/golden.jsonl": cases})
    assert [each.partition(" do not")[0] for each in found] == ["case a0 and 29 more", "case b0 and 29 more"]


def test_cases_with_very_many_kinds_of_problems_do_not_fill_the_screen() -> None:
    cases = "".join(f'{{"id": "c{each}", "vars": {{"n{each}": 1}}}}\n' for each in range(50))
    files = {"prompts/p.md": "Hello\n", "evals/p.yaml": SUITE, "datasets/golden.jsonl": cases}
    assert len(messages("PC112", files)) == 20
