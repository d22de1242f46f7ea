from __future__ import annotations

import pytest

from promptctl.core.suggest import did_you_mean, nearest


def test_the_nearest_known_word_is_meant() -> None:
    assert did_you_mean("retreival", ["index", "retrieval"], "known keys") == "did you mean retrieval?"


def test_where_nothing_is_near_the_known_words_are_listed_and_no_more_than_twenty() -> None:
    assert did_you_mean("zzz", ["a", "b"], "known") == "known: a, b"
    many = [f"k{number}" for number in range(30)]
    assert did_you_mean("zzz", many, "known") == f"known: {', '.join(many[:20])}, …"


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert did_you_mean("x", [], "known") == ""


def test_of_many_words_those_with_the_same_beginning_are_compared() -> None:
    many = [f"other{number}" for number in range(100_000)]
    assert nearest("kbb", [*many, "kb"]) == "kb"


@pytest.mark.parametrize("word", ["a" * 1_000_000, "ab" * 500_000])
def test_a_hostile_word_is_like_nothing(word: str) -> None:
    assert nearest(word, [word[:-1], "a" * 100]) is None
