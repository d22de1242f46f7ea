from __future__ import annotations

import random
import unicodedata

import pytest
from helpers.growth import assert_constant

from promptctl.cli.output.caret import Lines, pointed


def columns(text: str) -> int:
    """Count columns in another way than the product: only for signs whose width nobody disputes."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return len(text) + wide - sum(unicodedata.combining(each) > 0 for each in text)


def test_a_short_line_is_shown_whole_with_the_caret_below_its_character() -> None:
    assert pointed("{{ gest }} stays", 4, 40) == ("{{ gest }} stays", "   ^")
    assert pointed("first", 1, 40) == ("first", "^")


def test_a_column_behind_the_end_is_the_end_and_column_0_has_no_caret() -> None:
    assert pointed("ab", 3, 40) == ("ab", "  ^")
    assert pointed("ab", 99, 40) == ("ab", "  ^")
    assert pointed("ab", 0, 40) == ("ab", "")
    assert pointed("", 1, 40) == ("", "^")


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [
        ("\tkey: x", 2, 4),
        ("你好 gest", 4, 5),
        ("e\u0301t gest", 5, 3),  # an accent of its own
        ("e\u0301t gest", 2, 0),  # … which is pointed at where its letter is
        ("क\u200dष x", 4, 2),  # a joiner in a word
        ("❤\ufe0f x", 4, 2),
        ("ｆｕｌｌ x", 6, 9),
    ],
)
def test_the_caret_is_below_the_character_whatever_the_width_of_those_before(
    line: str, column: int, caret: int
) -> None:
    assert pointed(line, column, 40)[1] == " " * caret + "^"


@pytest.mark.parametrize(
    "sign",
    ["\x00", "\x1b", "\r", "\x7f", "\x9b", "\u200b", "\u202e", "\u2066", "\u2028", "\ufeff", "\U000e0041",
     "\ufe01", "\U000e0101", "\ud800", "\u200d"],
)  # fmt: skip
def test_what_a_terminal_would_obey_or_hide_is_shown_as_one_sign(sign: str) -> None:
    assert pointed(f"a {sign}b", 4, 40) == ("a �b", "   ^")


def test_marks_do_not_pile_up_over_other_lines() -> None:
    text, caret = pointed("a" + "\u0301" * 30 + "b", 32, 60)
    assert "\u0301" * 5 not in text
    assert (text[0], text[-1], len(caret)) == ("a", "b", 1 + 30 - 4 + 1)


@pytest.mark.parametrize(
    ("column", "text", "caret"),
    [
        (1, "abcdefghijklmnopqrs…", 0),
        (26, "…hijklmnopqrstuvwxyz", 19),
        (16, "…cdefghijklmnopqrst…", 14),
    ],
)
def test_a_long_line_is_cut_around_the_caret(column: int, text: str, caret: int) -> None:
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    assert pointed(alphabet, column, 20) == (text, " " * caret + "^")
    assert text[caret] == alphabet[column - 1]


def test_every_line_and_its_caret_fit_and_the_caret_is_below_its_character() -> None:
    luck = random.Random(7)
    for _ in range(2_000):
        line = "".join(luck.choice("abc 你好ｆe\u0301") for _ in range(luck.randrange(120)))
        column, width = luck.randrange(1, 140), luck.randrange(4, 60)
        text, caret = pointed(line, column, width)
        assert columns(text) <= width
        assert len(caret) <= width
        if column <= len(line) and not unicodedata.combining(line[column - 1]):
            under = next(
                sign
                for place, sign in enumerate(text)
                if columns(text[:place]) == len(caret) - 1 and not unicodedata.combining(sign)
            )
            assert under == line[column - 1]


def test_a_line_of_a_megabyte_costs_no_more_than_what_is_shown() -> None:
    def point(size: int) -> None:
        for column in (1, size // 2, size):
            text, caret = pointed(lines[size], column, 80)
            assert len(text) <= 400
            assert len(caret) <= 80

    for sign in ("x", "\u0301", "你", "\x1b"):
        lines = {size: sign * size for size in (62_500, 1_000_000)}
        assert_constant(point, 62_500)


def test_lines_are_those_between_lf_in_files_that_may_be_shown() -> None:
    lines = Lines({"a": b"one\r\n\xfftwo\xe2\x80\xa8x\n", "b": b"secret"}, hidden={"b"})
    assert [lines("a", number) for number in (1, 2, 3, 4, 0)] == ["one", "�two\u2028x", "", None, None]
    assert lines("b", 1) is None
    assert lines("gone", 1) is None
