from __future__ import annotations

from promptctl.model.findings import MESSAGE_LENGTH, Finding


def test_findings_sort_by_place() -> None:
    places = [("b", 1, 1), ("a", 10, 2), ("a", 10, 1), ("a", 9, 5)]
    found = sorted(Finding(path, line, column, "PC001", "x") for path, line, column in places)
    assert [(each.path, each.line, each.column) for each in found] == sorted(places)


def test_a_long_message_is_cut_and_a_short_one_kept() -> None:
    found = Finding("a", 1, 1, "PC001", "x" * 5000, "y" * MESSAGE_LENGTH)
    assert found.message == "x" * (MESSAGE_LENGTH - 1) + "…"
    assert found.hint == "y" * MESSAGE_LENGTH
