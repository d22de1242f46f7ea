from __future__ import annotations

import re
from typing import Any

import pytest

from promptctl.core.kinds.eval_suite import Assertion
from promptctl.scorers import SCORERS, Answer, scorer, scores, type_problem

SCOPE = {
    "expected": {"any_of": ["30 days", "a month"], "n": 7, "city": "Bonn"},
    "vars": {"question": "Where?"},
}


def holds(text: str, kind: str, value: Any = None, *, threshold: float | None = None, ms: float = 0) -> bool:
    made = scorer(Assertion(type=kind, value=value, threshold=threshold), SCOPE)
    return made.score(Answer(text, latency_ms=ms)) == 1.0


@pytest.mark.parametrize(
    ("kind", "value", "yes", "no"),
    [
        ("equals", "Bonn", "Bonn", "Bonn "),
        ("equals", 7, "7", "7.0"),
        ("equals", True, "true", "True"),
        ("equals", {"a": [1, 2.0], "b": "ü"}, '{"b": "\\u00fc", "a": [1.0, 2]}', '{"a": [2, 1], "b": "ü"}'),
        ("equals", [1], "[1]", "[true]"),
        ("equals", [], "[]", "no JSON"),
        ("contains", "30 days", "within 30 days.", "within 30 Days."),
        ("contains", 30, "within 30 days", "within three days"),
        ("icontains", "BONN", "in bonn", "in Cologne"),
        ("contains-any", ["x", "y"], "my", "me"),
        ("contains-any", 'red, "green, dark"', "a green, dark door", "a green door, dark"),
        ("contains-any", 'say ""it"", "a ""b"" \\\\ c"', 'has a "b" \\ c', "has a b c"),
        ("contains-all", ["x", 1], "x1", "x2"),
        ("contains-all", "x, y,, z", "zyx", "xy"),
        ("starts-with", "Dear", "Dear Ada", "dear Ada"),
        ("regex", r"\[kb-\d+\]", "see [kb-12].", "see kb-12."),
        ("regex", "yes$", "oh yes", "yes\n"),
        ("regex", r"^[$a]\$\d$", "a$1", "a$1b"),
        ("regex", r"^\d$", "1", "١"),
        ("regex", r"(?<year>\d{4})\.", "in 2026.", "in 2026"),
        ("regex", r"caf\u00e9[\u00ff\u0021]", "café!", "cafe!"),
        ("regex", r"^\\u0041$", r"\u0041", "A"),
        ("regex", "(?i)ÉTÉ.", "l'étéé", "été\n"),
        ("regex", "^b", "b", "a\nb"),
        ("regex", "^(?:a|.)$", "\ufffd", "\n"),
        ("is-json", None, ' {"a": [1, null]}\n', '{"a": NaN}'),
        ("is-json", None, "3", "Sure! 3"),
        ("is-json", {"type": "object", "required": ["a"]}, '{"a": 1}', '{"b": 1}'),
        ("is-json", {"type": "string", "format": "date"}, '"2026-11-22"', '"22.11.2026"'),
    ],
)
def test_each_type_tells_apart_and_its_negation_says_the_opposite(
    kind: str, value: Any, yes: str, no: str
) -> None:
    assert (holds(yes, kind, value), holds(no, kind, value)) == (True, False)
    assert (holds(yes, f"not-{kind}", value), holds(no, f"not-{kind}", value)) == (False, True)


def test_latency_is_compared_in_milliseconds_with_the_bound_included() -> None:
    assert holds("", "latency", threshold=4000, ms=4000)
    assert not holds("", "latency", threshold=4000, ms=4000.1)
    assert holds("", "not-latency", threshold=4000, ms=4000.1)


def test_every_type_is_covered_above_and_can_be_negated() -> None:
    assert set(SCORERS) == {
        *("equals", "contains", "icontains", "contains-any", "contains-all"),
        *("starts-with", "regex", "is-json", "latency"),
    }
    assert all(type_problem(name) is None and type_problem(f"not-{name}") is None for name in SCORERS)


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)*$", "(a+a+)+c", "(?:a?){28}a{28}$"])
def test_no_pattern_takes_time_that_grows_with_more_than_the_text(pattern: str) -> None:
    # 27 characters are more than enough for a matcher that backtracks to take minutes of these 20,000
    assert not holds("a" * 19_990 + "b", "regex", pattern)


def test_half_of_a_surrogate_pair_in_an_answer_breaks_no_pattern() -> None:
    assert holds("\ud800 yes", "regex", "yes$")


def test_a_value_that_is_one_path_keeps_its_type() -> None:
    assert holds("within 30 days", "contains-any", "{{ expected.any_of }}")
    assert holds('["30 days", "a month"]', "equals", "{{expected.any_of}}")
    assert not holds('["30 days", "a month"]', "equals", "{{ expected.any_of }} ")


def test_any_other_value_is_rendered_with_the_case_in_lists_too() -> None:
    assert holds("In Bonn: 7", "contains", "{{ expected.city }}: {{ expected.n }}")
    assert holds("BONN, Where?", "contains-all", ["{{ expected.city | upper }}", "{{ vars.question }}"])


@pytest.mark.parametrize(
    ("assertion", "words"),
    [
        (
            Assertion(type="contains", value="{{ expected.gone }}"),
            "`contains` needs `expected.gone`, which the case does not have",
        ),
        (Assertion(type="contains", value="to {{ expected.gone }}"), "'expected.gone'"),
        (Assertion(type="contains", value=""), "needs a text or a number"),
        (Assertion(type="contains-any", value=[]), "needs a list"),
        (Assertion(type="contains-all", value=" , "), "needs a list"),
        (Assertion(type="starts-with"), "needs a text"),
        (Assertion(type="regex", value="(" * 3), "cannot be read: missing ): "),
        (Assertion(type="regex", value="\ud800"), "cannot be read"),
        (Assertion(type="regex", value="a(?=b)"), "looks around"),
        (Assertion(type="regex", value="(?<!a)b"), "looks around"),
        (Assertion(type="regex", value=r"(a)\1"), "refers back"),
        (Assertion(type="regex", value=r"(?<n>a)\k<n>"), "refers back"),
        (Assertion(type="regex", value="a" * 1001), "at most 1000"),
        (Assertion(type="equals"), "needs a value"),
        (Assertion(type="latency"), "needs a threshold"),
        (Assertion(type="is-json", value="object"), "JSON Schema"),
        (Assertion(type="is-json", value={"type": "objekt"}), "schema"),
        (Assertion(type="contians", value="x"), "did you mean contains?"),
        (Assertion(type="not-contians", value="x"), "did you mean not-contains?"),
        (Assertion(type="javascript", value="x"), "would run code"),
        (Assertion(type="not-not-equals", value="x"), "no assertion type"),
    ],
)
def test_an_assertion_that_can_never_hold_is_refused_in_words(assertion: Assertion, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        scorer(assertion, SCOPE)


def test_a_schema_never_reaches_out_of_itself() -> None:
    assert not holds("{}", "is-json", {"$ref": "http://127.0.0.1:9/schema.json"})


def test_a_metric_is_the_weighted_mean_of_the_assertions_that_carry_it() -> None:
    assertions = [
        Assertion(type="contains", value="a", metric="correct", weight=3),
        Assertion(type="contains", value="b", metric="correct"),
        Assertion(type="contains", value="b", metric="silent", weight=0),
        Assertion(type="is-json"),
    ]
    scorers = [scorer(each, SCOPE) for each in assertions]
    assert scores(scorers, Answer("a")) == {"correct": 0.75, "pass": 0.0}


def test_with_a_threshold_an_assertion_still_scores_0_or_1() -> None:
    assert holds("a", "contains", "a", threshold=0.5)
    assert not holds("b", "contains", "a", threshold=0.5)
    assert holds("b", "contains", "a", threshold=0)


def test_deeply_nested_answers_are_no_json() -> None:
    assert not holds("[" * 100_000, "is-json")
