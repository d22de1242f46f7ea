from __future__ import annotations

import pytest
from helpers.growth import assert_linear
from helpers.registries import registry

from promptctl.checks.mistyped_roles import RULE


def found(body: str) -> list[tuple[int, int, str]]:
    """Return line, column and hint of each finding in a prompt whose body begins on line 4."""
    read = registry({"prompts/a.md": f"---\ndescription: '# usr:'\n---\n{body}"})
    findings = RULE.check(read.artifacts["prompts/a"], read)
    return [(each.line, each.column, each.hint) for each in findings]


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("# usr:", "user"),
        ("## user:", "user"),
        ("###### USER :", "user"),
        ("#Human:", "user"),
        ("# ai:", "assistant"),
        ("# bot: ", "assistant"),
        ("# model:", "assistant"),
        ("# asistant:", "assistant"),
        ("# assistent:", "assistant"),
        ("# sys:", "system"),
        ("# sytem:", "system"),
        ("# usre:", "user"),
        ("# develloper:", "developer"),
        ("# function:", "tool"),
        ("<|im_start|>system", "system"),
        ("<|im_start|>user<|im_sep|>", "user"),
    ],
)
def test_a_line_that_looks_like_a_role_marker_is_found_and_the_hint_names_the_role(
    line: str, role: str
) -> None:
    hint = f"write `# {role}:` alone on its line, or put the text between raw tags"
    assert found(f"# system:\nBe kind.\n{line}\nHi\n") == [(6, 1, hint)]


@pytest.mark.parametrize(
    "line",
    [
        "# user:",
        "user:",
        "usr:",
        "# usr",
        "# usr: hello",
        "the # usr:",
        "####### user:",
        "# Tools:",
        "# Users:",
        "# Systems:",
        "# Use:",
        "# Usage:",
        "# Total:",
        "# Customer:",
        "# Reuse:",
        "# STEM:",
        "# Steps:",
        "# Tone:",
        "# Assistance:",
        "# Development:",
        "# Tool calls:",
        "<|im_start|>",
        "<|im_start|>somebody",
        "{% raw %}\n# usr:\n{% endraw %}",
        "{#\n# usr:\n#}",
        "{{ name }}# usr:",
    ],
)
def test_markers_headings_and_what_stands_between_raw_tags_are_right(line: str) -> None:
    assert found(f"# system:\nBe kind.\n{line}\nHi\n") == []


def test_lines_behind_tags_are_found_at_their_place() -> None:
    body = "{% raw %}\n# usr:\n{% endraw %}\n{# no #}\n  # usr:\n{% raw %}\n# usr:\n{% endraw %}\n# ai:"
    assert [each[:2] for each in found(body)] == [(8, 3), (12, 1)]


def test_looking_at_long_lines_of_blanks_and_signs_is_linear() -> None:
    def look(size: int) -> None:
        read = registry({"prompts/a.md": "#" * size + " " * 3 * size + "\n" + "# " * size})
        assert [*RULE.check(read.artifacts["prompts/a"], read)] == []

    assert_linear(look, 6_250)
