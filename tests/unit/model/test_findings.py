from __future__ import annotations

from promptctl.model.findings import MESSAGE_LENGTH, Finding, refusal


def test_findings_sort_by_place() -> None:
    places = [("b", 1, 1), ("a", 10, 2), ("a", 10, 1), ("a", 9, 5)]
    found = sorted(Finding(path, line, column, "PC001", "x") for path, line, column in places)
    assert [(each.path, each.line, each.column) for each in found] == sorted(places)


def test_a_long_message_is_cut_and_a_short_one_kept() -> None:
    found = Finding("a", 1, 1, "PC001", "x" * 5000, "y" * MESSAGE_LENGTH)
    assert found.message == "x" * (MESSAGE_LENGTH - 1) + "…"
    assert found.hint == "y" * MESSAGE_LENGTH


def test_a_place_is_said_as_far_as_it_is_known() -> None:
    places = [(0, 0), (3, 0), (3, 7)]
    found = [Finding("a.yaml", line, column, "PC001", "x").where for line, column in places]
    assert found == ["a.yaml", "a.yaml:3", "a.yaml:3:7"]


def test_a_refusal_quotes_the_first_finding_and_its_hint() -> None:
    error = refusal([Finding("a.yaml", 3, 7, "PC001", "no name", "name: a")])
    assert (error.message, error.hint) == ("a.yaml:3:7: no name", "name: a")


def test_a_refusal_counts_further_findings_and_says_how_to_see_them() -> None:
    found = [Finding("a.yaml", line, 1, "PC001", f"number {line}", "name: a") for line in (3, 2, 9)]
    error = refusal(found, prefix="on the default branch: ")
    assert error.message == "on the default branch: a.yaml:2:1: number 2 (and 2 more)"
    assert error.hint == "promptctl validate"
