from __future__ import annotations

import pytest

from promptctl.checks.merge_conflicts import RULE

CONFLICT = "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> theirs\n"


def places(text: str) -> list[tuple[int, int]]:
    return [(each.line, each.column) for each in RULE.check("prompts/a.md", text.encode())]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (CONFLICT, 1),
        (f"# system:\n\n{CONFLICT}", 3),
        (CONFLICT * 2, 1),
        ("<<<<<<< a\n=======\n>>>>>>> b", 1),
        ("<<<<<<< a\nx\n||||||| c\ny\n=======\nz\n>>>>>>> b\n", 1),
    ],
)
def test_a_conflict_is_one_finding_at_the_first_marker(text: str, line: int) -> None:
    assert places(text) == [(line, 1)]


@pytest.mark.parametrize(
    "text",
    [
        "A heading\n=======\n",
        "<<<<<<< HEAD\na\n>>>>>>> theirs\n",
        "=======\n<<<<<<< HEAD\n>>>>>>> theirs\n",
        "<<<<<<< HEAD\na\n========\nb\n>>>>>>> theirs\n",
        "<<<<<<< HEAD\na\n=======\nb\n",
        "<<<<<<<HEAD\na\n=======\nb\n>>>>>>> theirs\n",
        "".join(f"  {line}\n" for line in CONFLICT.splitlines()),
    ],
)
def test_an_indented_example_and_markers_that_make_no_conflict_are_right(text: str) -> None:
    assert places(text) == []
