from __future__ import annotations

import pytest

from promptctl.core.kinds.oversight_policy import Condition, OversightRule
from promptctl.core.kinds.tool_policy import Argument
from promptctl.model.regions import Span, box, decimal, domain, said


def span(kind: str = "decimal", **bounds: str) -> Span | None:
    arguments = {"x": Argument(kind)}
    found = box(OversightRule("a", "manual", {"x": Condition(**bounds)}), arguments)
    return None if found is None else found["x"]


@pytest.mark.parametrize(
    ("kind", "bounds", "words"),
    [
        ("decimal", {"gt": "50.00"}, "above 50.00"),
        ("decimal", {"gte": "50.00"}, "from 50.00"),
        ("decimal", {"lt": "50"}, "below 50"),
        ("decimal", {"lte": "50"}, "up to 50"),
        ("decimal", {"gt": "5", "lte": "8"}, "above 5 up to 8"),
        ("decimal", {"gte": "5", "lt": "8"}, "from 5 and below 8"),
        ("decimal", {"gte": "5", "lte": "5.0"}, "exactly 5"),
        ("decimal", {"eq": "5"}, "exactly 5"),
        ("decimal", {}, "any value"),
        (
            "decimal",
            {"gt": "0.0000000000000000000000000000000000001"},
            "above 0.0000000000000000000000000000000000001",
        ),
        ("integer", {"gt": "5"}, "from 6"),
        ("integer", {"gt": "5.5", "lt": "8.5"}, "from 6 up to 8"),
        ("integer", {"gt": "-2.5", "lt": "-1.5"}, "exactly -2"),
        ("integer", {"lt": "5"}, "up to 4"),
        (
            "integer",
            {"gt": "9999999999999999999999999999999999999"},
            "from 10000000000000000000000000000000000000",
        ),
        ("string", {"eq": "5"}, '"5"'),
        ("decimal", {"eq": "EUR"}, '"EUR"'),
    ],
)
def test_what_a_condition_matches_is_said_in_words_and_never_rounded(
    kind: str, bounds: dict[str, str], words: str
) -> None:
    assert str(span(kind, **bounds)) == words


def test_a_condition_with_a_number_that_is_none_matches_nothing_that_is_known() -> None:
    assert span(gt="much") is None
    assert span(gt="9" * 41) is None
    assert decimal("1e9") is decimal("") is decimal(" 1") is None


def test_a_box_is_said_argument_by_argument() -> None:
    rule = OversightRule("a", "manual", {"x": Condition(gt="5"), "y": Condition(eq="EUR")})
    found = box(rule, {})
    assert found is not None
    assert said(found) == '`x` above 5, `y` "EUR"'


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("decimal", ["above 0 and below 2", "from 3 up to 5"]),
        ("integer", ["exactly 1", "from 3 up to 5"]),
    ],
)
def test_what_lies_in_none_of_some_spans_is_named_from_low_to_high(kind: str, left: list[str]) -> None:
    bounds = ({"gt": "5"}, {"gte": "2", "lt": "3"}, {"eq": "0"})
    spans = [each for each in (span(kind, **each) for each in bounds) if each is not None]
    inside = Argument(kind, min="0", max="7")
    assert [str(each) for each in domain(inside).without(spans)] == left
    assert str(next(Span().without(spans))) == "below 0"
    above = Argument(kind, min="6")
    assert [*domain(above).without(spans)] == []
