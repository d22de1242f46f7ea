from __future__ import annotations

import csv
import io

import pytest
from helpers.corpus import protected as protected_by_the_oracle
from helpers.imports import imported, messages, registry_of, said

from promptctl.core.names import name_problem
from promptctl.services.importing.naming import legal_name, unique
from promptctl.services.importing.writing import protected

TEXTS = {
    "plain": "Be kind.",
    "a tag": "Dear {{ name }} {% if %}",
    "an end of raw": "{% raw %}{{ a }}{% endraw %}{%\tendraw\n%}{",
    "a role": "Hello\nuser:\nthere",
    "front matter": "---\nname: a\n---\ntext",
    "line ends": "\n\ntext\n\n",
    "nothing": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_one_system_message_byte_for_byte(text: str) -> None:
    made = imported("text", f"{text}\n")
    assert made.findings == ()
    assert messages(made) == [{"role": "system", "content": text}]
    assert protected(text) == protected_by_the_oracle(text)


def table(*rows: list[str], line_end: str = "\n") -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows(rows)
    return text.getvalue()


def test_every_row_is_a_prompt_below_the_name_of_the_table() -> None:
    made = imported(
        "csv",
        table(["act", "prompt"], ["Linux Terminal", "a,\nb"], ["", "x"], ["Linux terminal", 'say "{{ y }}"']),
    )
    registry = registry_of(made)
    assert list(registry.artifacts) == [
        "prompts/it/linux-terminal",
        "prompts/it/linux-terminal-2",
        "prompts/it/row-0002",
    ]
    found = registry.artifacts["prompts/it/linux-terminal-2"].value
    assert (found.description, found.messages[0].text) == (
        "Linux terminal",
        '{% raw %}say "{{ y }}"{% endraw %}',
    )
    assert said(made) == [(5, "warning", "PC203")]


@pytest.mark.parametrize(
    ("header", "columns", "title", "text"),
    [
        (["prompt", "act"], None, "b", "a"),
        (["Text", "Name", "x"], None, "b", "a"),
        (["p", "q", "r"], None, "a", "b"),
        (["p", "q", "r"], ("r", "p"), "c", "a"),
    ],
)
def test_columns_are_chosen_by_option_then_by_name_then_by_place(
    header: list[str], columns: tuple[str, str] | None, title: str, text: str
) -> None:
    made = imported("csv", table(header, ["a", "b", "c"][: len(header)]), columns=columns)
    (prompt,) = registry_of(made).artifacts.values()
    assert (prompt.value.description, prompt.value.messages[0].text) == (title, text)
    assert [each.code for each in made.findings] == ["PC204"] * (len(header) > 2)


def test_line_ends_of_rows_are_the_tables_and_those_in_texts_are_mended_and_said() -> None:
    rows = table(["act", "prompt"], ["a", "x"], ["b", "y\r\nz"], line_end="\r\n")
    made = imported("csv", rows)
    assert made.files["prompts/it/b.md"] == b"---\ndescription: b\n---\ny\nz\n"
    assert said(made) == [(3, "warning", "PC202")]
    assert [each.message for each in made.findings] == ["line ends CR LF became LF in 1 text"]
    assert imported("csv", rows.replace("y\r\nz", "y")).findings == ()


@pytest.mark.parametrize(
    "text", ["act;prompt\na;b\n", "act;prompt\na;b, c\n", '"act";"prompt"\n', "act\tprompt\na\tb\n"]
)
def test_columns_that_something_else_separates_are_to_be_separated_with_commas(text: str) -> None:
    (error,) = imported("csv", text).findings
    assert (error.line, error.severity, error.hint) == (1, "error", "separate the columns with commas")


@pytest.mark.parametrize(
    ("text", "columns", "line", "message"),
    [
        ("", None, 0, "there are no rows"),
        ("a\nb\n", None, 1, "one column only"),
        ("a,b\nc\n", None, 2, "1 value for 2 columns"),
        ('a,b\n"c,d\n', None, 2, "not valid CSV"),
        ("a,b\nc,d\n", ("a", "x"), 1, "there is no column 'x'"),
        (f"a,b\nc,{'x' * (2**20 + 1)}\n", None, 2, "not valid CSV"),
    ],
)
def test_a_table_that_cannot_be_read_is_an_error_at_its_row(
    text: str, columns: tuple[str, str] | None, line: int, message: str
) -> None:
    made = imported("csv", text, columns=columns)
    (error,) = made.findings
    assert (error.line, error.severity, made.files) == (line, "error", {})
    assert message in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My Prompt (final)", "my-prompt-final"),
        ("Grüße/Été", "grusse/ete"),
        ("你好", ""),
        ("v1", "prompt-v1"),
        ("CON", "prompt-con"),
        ("a..b", "a.b"),
        ("../../etc/passwd", "etc/passwd"),
        (".hidden.lock", "prompt-hidden-lock"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_name_becomes_the_nearest_legal_one(text: str, name: str) -> None:
    found = legal_name(text)
    assert found == name or found.replace("ss", "") == name.replace("ss", "")
    assert not found or name_problem(found) is None


def test_names_that_are_there_twice_get_numbers_and_no_name_is_taken_from_another() -> None:
    assert unique(["a", "a", "a-2", "a", "b"]) == ["a", "a-3", "a-2", "a-4", "b"]
    assert len(set(unique(["a"] * 500))) == 500
