from __future__ import annotations

import json
import re

import pytest

from promptctl.cli.output.layout import wrapped
from promptctl.cli.output.text import emit, safe

# How runners read a line of output: `::command` where it begins, `##[command]` anywhere in it.
COMMAND = re.compile(r"^\s*::|##(?:vso)?\[", re.IGNORECASE)
HOSTILE = [
    "::error::x",
    "  ::stop-commands::x",
    "a\n::warning::x",
    "see ##[error]x",
    "###[group]x",
    "##VSO[task.setvariable]x",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_runner_finds_a_command_in_what_people_read(text: str) -> None:
    assert not any(map(COMMAND.search, safe(text).split("\n")))


@pytest.mark.parametrize("text", HOSTILE)
def test_wrapping_brings_no_command_to_the_beginning_of_a_line(text: str) -> None:
    lines = wrapped(f"{'a' * 30} {text}", 32, indent="  → ", hang="    ")
    assert len(lines) > 1
    assert not any(map(COMMAND.search, lines))


@pytest.mark.parametrize("text", HOSTILE)
def test_json_says_the_same_without_a_command(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    emit("test", {"text": text})
    printed = capsys.readouterr().out
    assert json.loads(printed)["text"] == text
    assert not any(map(COMMAND.search, printed.split("\n")))


def test_a_number_stays_with_its_percent_sign() -> None:
    lines = wrapped("nothing to compare with, 70 % is enough", 28)
    assert lines == ["nothing to compare with,", "70 % is enough"]
