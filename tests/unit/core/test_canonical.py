from __future__ import annotations

import math

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.canonical import dumps

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_NUMBER = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBER | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_every_json_value_prints_as_the_reference_implementation_prints_it(value: object) -> None:
    assert dumps(value) == rfc8785.dumps(value).decode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_prints_as_the_reference_implementation_prints_it(value: float) -> None:
    assert dumps(value) == rfc8785.dumps(value).decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (333333333.33333329, "333333333.3333333"),
        (5e-324, "5e-324"),
        (123456.789, "123456.789"),
        (True, "true"),
        ([], "[]"),
        ({}, "{}"),
        ((1, 2), "[1,2]"),
        ("€$\x0f\nA'B\"\\\x7f", '"€$\\u000f\\nA\'B\\"\\\\\x7f"'),
    ],
)
def test_numbers_and_strings_print_as_the_rfc_says(value: object, text: str) -> None:
    assert dumps(value) == text


def test_keys_are_sorted_by_utf_16_code_units_and_not_by_code_points() -> None:
    assert dumps({"\ufb33": 1, "\U0001f600": 2, "a": 3}) == '{"a":3,"\U0001f600":2,"\ufb33":1}'


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 2**53, -(2**53), "\ud800", {"\udc00": 1}, {1: 2}, {"a", "b"}, b"x"],
)
def test_a_value_without_a_canonical_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON|text|key"):
        dumps(value)


def test_endless_nesting_is_refused_and_does_not_overflow_the_stack() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(ValueError, match="nested too deeply"):
        dumps(value)
