"""LOOSENS SUITE: what is judged less strictly is marked, and only that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from helpers.loosening import suite_loosenings
from helpers.registries import registry

from promptctl.errors import StoppedError, UsageError
from promptctl.model.difference.suites import Judged, compare_suites, judged

SUITE: Mapping[str, Any] = {
    "target": "prompts/p",
    "dataset": "golden",
    "primary": "right",
    "min_score": 0.7,
    "repeats": 3,
    "assert": [
        {"type": "contains", "value": "{{ expected }}", "metric": "right", "weight": 2, "threshold": 0.5},
        {"type": "latency", "threshold": 900},
        {"type": "not-icontains", "value": "as an AI", "metric": "voice"},
    ],
}
CASES: Sequence[Mapping[str, Any]] = (
    {"id": "a", "vars": {"q": "one"}, "expected": "1", "must_pass": True},
    {"id": "b", "vars": {"q": "two"}, "expected": "2", "documents": [{"id": "k1", "content": "x"}]},
    {"id": "c", "vars": {"q": "six"}, "expected": "6", "assert": [{"type": "is-json"}]},
)


def files(suite: Mapping[str, Any] = SUITE, cases: Sequence[Mapping[str, Any]] = CASES) -> dict[str, str]:
    lines = "".join(json.dumps(each) + "\n" for each in cases)
    return {
        "prompts/p.md": "---\ninputs: {q: {kind: string}}\n---\n{{ q }}\n",
        "evals/s.yaml": json.dumps(suite),
        "datasets/golden.jsonl": lines,
        "datasets/other.jsonl": lines,
    }


def of(suite: Mapping[str, Any] = SUITE, cases: Sequence[Mapping[str, Any]] = CASES) -> Judged:
    return judged(registry(files(suite, cases)), "evals/s")


def marks(before: Judged, after: Judged) -> list[str]:
    return [each.what for each in suite_loosenings({"evals/s": before}, {"evals/s": after})]


def case(place: int, **more: Any) -> list[Mapping[str, Any]]:
    return [{**each, **more} if at == place else each for at, each in enumerate(CASES)]


def check(place: int, **more: Any) -> dict[str, Any]:
    checks = [{**each, **more} if at == place else each for at, each in enumerate(SUITE["assert"])]
    checks = [{name: value for name, value in each.items() if value is not None} for each in checks]
    return {**SUITE, "assert": checks}


LOOSER = [
    ("a case is gone", of(cases=CASES[1:]), "the case a is gone"),
    ("two cases are gone", of(cases=CASES[:1]), "2 cases (b, c) are gone"),
    ("must_pass is lost", of(cases=case(0, must_pass=False)), "the case a need no longer pass"),
    ("the least score is lower", of({**SUITE, "min_score": 0.6}), "0.7 → 0.6"),
    ("any score passes", of({each: SUITE[each] for each in SUITE if each != "min_score"}), "0.7 → none"),
    ("fewer repeats", of({**SUITE, "repeats": 1}), "1× in place of 3×"),
    ("a check is gone", of({**SUITE, "assert": SUITE["assert"][:2]}), "not-icontains"),
    ("a case's check is gone", of(cases=case(2, **{"assert": []})), "case c: the check “is-json” is gone"),
    ("a threshold is lower", of(check(0, threshold=0.4)), "threshold 0.5 → 0.4"),
    ("more time is enough", of(check(1, threshold=1000)), "threshold 900 → 1000"),
]
UNPROVEN = [
    ("another metric counts", of({**SUITE, "primary": "voice"}), "voice in place of right"),
    ("another prompt is judged", of({**SUITE, "target": "prompts/q"}), "prompts/q in place of prompts/p"),
    ("another weight of what counts", of(check(0, weight=1)), "weighs 1 (2 before)"),
    ("graded in place of all or nothing", of(check(0, threshold=None)), "threshold"),
    ("another value", of(check(0, value="x")), "is gone"),
]
NAMED = [
    ("another question", of(cases=case(1, vars={"q": "2?"})), "case b: vars.q: two → \"2?\""),
    ("another answer", of(cases=case(1, expected="zwei")), "case b: expected: \"2\" → zwei"),
    ("another passage", of(cases=case(1, documents=[{"id": "k1", "content": "z"}])),
     "documents.k1.content: x → z"),
    ("the same cases elsewhere", of({**SUITE, "dataset": "other"}), "those of other"),
    ("another weight of what does not count", of(check(2, weight=3)), "weighs 3 (1 before)"),
]  # fmt: skip


def names(rows: Sequence[tuple[str, Judged, str]]) -> list[str]:
    return [each[0] for each in rows]


@pytest.mark.parametrize(("looser", "words"), [each[1:] for each in LOOSER], ids=names(LOOSER))
def test_what_judges_less_is_marked_and_the_other_way_is_not(looser: Judged, words: str) -> None:
    (found,) = marks(of(), looser)
    assert words in found
    assert marks(looser, of()) == []
    assert compare_suites(looser, of()).changes


@pytest.mark.parametrize(("other", "words"), [each[1:] for each in UNPROVEN], ids=names(UNPROVEN))
def test_what_cannot_be_shown_to_be_as_strict_is_marked_both_ways(other: Judged, words: str) -> None:
    assert words in " ".join(marks(of(), other))
    assert marks(other, of())


@pytest.mark.parametrize(("other", "words"), [each[1:] for each in NAMED], ids=names(NAMED))
def test_what_is_daily_work_is_named_and_not_marked(other: Judged, words: str) -> None:
    assert marks(of(), other) == marks(other, of()) == []
    assert words in " ".join(each.what for each in compare_suites(of(), other).changes)


def test_documents_that_change_places_are_named_since_the_best_comes_first() -> None:
    documents = [{"id": "k1", "content": "x"}, {"id": "k2", "content": "y"}]
    one, other = (of(cases=case(1, documents=each)) for each in (documents, documents[::-1]))
    assert [each.what for each in compare_suites(one, other).changes] == [
        "case b: its documents come in another order"
    ]


def test_more_cases_and_other_layout_loosen_nothing() -> None:
    more = of(cases=[*CASES, {"id": "d", "vars": {"q": "ten"}, "expected": "10"}])
    assert marks(of(), more) == []
    assert compare_suites(of(), of(cases=CASES[::-1])).changes == ()


def test_a_suite_that_is_gone_is_marked_and_a_new_one_is_not() -> None:
    (gone,) = suite_loosenings({"evals/s": of()}, {})
    assert gone.what == "the suite is gone: its 3 cases judge nothing any more"
    assert suite_loosenings({}, {"evals/s": of()}) == ()


def test_a_dataset_alone_is_compared_by_its_cases() -> None:
    one, other = (judged(registry(files(cases=each)), "datasets/golden") for each in (CASES, CASES[1:]))
    assert [each.what for each in compare_suites(one, other).changes] == ["the case a is gone"]


def test_a_thousand_lost_cases_are_one_line() -> None:
    many = [{"id": f"n{number:04}", "vars": {"q": "x"}} for number in range(1000)]
    (found,) = marks(of(cases=[*CASES, *many]), of())
    assert found == "1,000 cases (n0000, n0001, n0002, n0003, n0004 and 995 more) are gone"


def test_what_is_not_there_or_cannot_be_read_is_refused() -> None:
    with pytest.raises(UsageError):
        judged(registry(files()), "evals/none")
    with pytest.raises(StoppedError):
        judged(registry({**files(), "evals/s.yaml": "target: [\n"}), "evals/s")
