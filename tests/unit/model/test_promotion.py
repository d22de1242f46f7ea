"""The record of a change of an environment."""

from __future__ import annotations

import pytest

from promptctl.core.lock import Lock
from promptctl.errors import IntegrityError
from promptctl.model.promotion import Move, Promotion, parse, readme

MOVES = tuple(Move(f"prompts/p{n}", before, "1.1.0") for n, before in enumerate([None, "1.0.0", "1.2.0"]))


def promotion(*moves: Move) -> Promotion:
    return Promotion("promote", "ada@acme.example", "2026-11-22T17:00:00Z", "why", moves)


def test_a_record_is_read_back_as_it_was_written() -> None:
    assert parse(promotion(*MOVES).to_bytes()) == promotion(*MOVES)


@pytest.mark.parametrize(
    ("moves", "title"),
    [
        ((), "promote"),
        (MOVES[:1], "promote p0 1.1.0"),
        (MOVES[:2], "promote p0 1.1.0, p1 1.0.0 → 1.1.0"),
        (MOVES, "promote 3 releases"),
    ],
)
def test_the_title_names_two_and_counts_more(moves: tuple[Move, ...], title: str) -> None:
    assert promotion(*moves).title == title


def test_the_message_of_the_commit_has_the_reason_below_the_title() -> None:
    assert promotion(MOVES[0]).message == "promote p0 1.1.0\n\nwhy\n"
    assert promotion(MOVES[0])._replace(reason=" ").message == "promote p0 1.1.0\n"


def test_a_record_that_holds_what_is_no_text_is_refused() -> None:
    content = promotion().to_bytes().replace(b'"why"', rb'"\ud800"')
    with pytest.raises(IntegrityError):
        parse(content)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000])
def test_a_record_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse(content)


def test_an_empty_environment_has_a_readme_without_holds() -> None:
    text = readme(Lock("dev", 1), promotion()).decode()
    assert text.startswith("# What serves in dev\n")
    assert "## Holds" not in text
