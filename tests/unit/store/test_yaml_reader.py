from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from helpers.registries import findings_text
from hypothesis import given
from hypothesis import strategies as st

from promptctl.model.document import Place
from promptctl.model.findings import FINDINGS_PER_FILE
from promptctl.store.yaml_reader import read


def value_of(text: str) -> Any:
    document, findings = read(text.encode(), "x.yaml")
    assert document is not None, findings_text(findings)
    return document.value


def codes(text: str | bytes) -> list[tuple[str, int, int]]:
    """Return (code, line, column) of what is refused."""
    document, findings = read(text.encode() if isinstance(text, str) else text, "x.yaml")
    assert document is None
    return [(each.code, each.line, each.column) for each in findings]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("tRue", "tRue"),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("9007199254740991", 9007199254740991),
        ("1.10", 1.1),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1e3", -1000.0),
        ("1e", "1e"),
        ("1.2.3", "1.2.3"),
        ("2026-12-23", "2026-12-23"),
        ("12:30:45", "12:30:45"),
        ("١", "١"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!", "refused"),
    ],
)
def test_plain_scalars_follow_the_core_schema_of_yaml_1_2(written: str, value: Any) -> None:
    if value == "refused":
        assert codes(f"key: {written}\n") == [("PC022", 1, 6)]
        return
    found = value_of(f"key: {written}\n")["key"]
    assert found == value
    assert type(found) is type(value)


def test_a_value_stands_where_its_key_stands_and_an_item_where_it_begins() -> None:
    document, _ = read(b"a:\n  b: {c: 1}\n  d:\n    - x\n    - {e: 2}\n", "x.yaml", first_line=2)
    assert document is not None
    assert document.places == {
        ("a",): Place(2, 1),
        ("a", "b"): Place(3, 3),
        ("a", "b", "c"): Place(3, 7),
        ("a", "d"): Place(4, 3),
        ("a", "d", 0): Place(5, 7),
        ("a", "d", 1): Place(6, 7),
        ("a", "d", 1, "e"): Place(6, 8),
    }


def test_columns_count_characters_and_not_bytes() -> None:
    assert codes("ä: {ü: 1, ü: 2}\n") == [("PC024", 1, 11)]


def test_the_text_of_an_unquoted_number_is_kept_for_hints() -> None:
    document, _ = read(b"a: 1.10\nb: '1.10'\nc: text\n", "x.yaml")
    assert document is not None
    assert document.plain == {("a",): "1.10"}


def test_an_empty_text_and_one_of_comments_say_nothing() -> None:
    assert value_of("") is None
    assert value_of("# only a comment\n") is None


def test_everything_refused_in_one_file_is_found_in_one_run() -> None:
    text = "a: &x 1\nb: *x\nc: !t 2\n<<: {d: 1}\na: 2\n3: 4\ne: .inf\n"
    assert [code for code, _, _ in codes(text)] == [
        "PC021",
        "PC021",
        "PC022",
        "PC023",
        "PC024",
        "PC025",
        "PC029",
    ]


def test_reading_stops_when_there_are_many_findings() -> None:
    assert len(codes("a: 1\n" * 1000)) == FINDINGS_PER_FILE


def test_quoted_merge_keys_and_numbers_are_keys_like_any_other() -> None:
    assert value_of('"<<": 1\n"2": 3\n') == {"<<": 1, "2": 3}


@pytest.mark.parametrize(
    "text",
    ["[" * 2000, "{a: " * 2000, "- " * 2000 + "x", "[" * 2000 + "]" * 2000],
    ids=["lists", "mappings", "items", "closed"],
)
def test_nesting_is_refused_at_the_level_where_it_becomes_too_deep(text: str) -> None:
    found = codes(text)
    assert found[-1][0] == "PC027"
    assert found[-1][2] < 200


def test_nested_keys_that_are_no_text_end_in_findings() -> None:
    assert codes("? " * 2000 + "x") == [("PC025", 1, column) for column in range(3, 42, 2)]


def test_thirty_two_levels_are_allowed() -> None:
    assert value_of("[" * 32 + "]" * 32) is not None
    assert codes("[" * 33 + "]" * 33) == [("PC027", 1, 33)]


@pytest.mark.parametrize(
    "number", ["9" * 6000, "-" + "9" * 6000, "0x" + "f" * 6000, "9" * 6000 + ".5", "9007199254740992"]
)
def test_numbers_that_json_readers_would_round_are_refused(number: str) -> None:
    assert codes(f"a: {number}\n") == [("PC029", 1, 4)]


def test_a_hundred_thousand_keys_are_refused_where_they_become_too_many() -> None:
    text = "".join(f"key{number}: 1\n" for number in range(100_000))
    assert codes(text) == [("PC028", 25_000, 11)]


def test_an_alias_bomb_costs_no_more_than_its_own_size() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    tracemalloc.start()
    found = codes("\n".join(lines))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {code for code, _, _ in found} == {"PC021"}
    assert peak_bytes < 1_000_000


def test_line_breaks_of_older_yaml_are_no_line_breaks() -> None:
    for character in "\r\x85\u2028\u2029":
        assert codes(f"a: 1\nb: x{character}y\n") == [("PC020", 2, 5)]


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_document_or_in_findings_with_a_place(data: bytes) -> None:
    _never_raises(data)


@given(st.text(alphabet="ab1.:-?[]{},&*!|>'\"%@`#<~ \t\n\\u", max_size=60))
def test_any_text_of_yaml_characters_ends_in_a_document_or_in_findings(text: str) -> None:
    _never_raises(text.encode())


def _never_raises(data: bytes) -> None:
    document, findings = read(data, "x.yaml", first_line=2)
    assert (document is None) == bool(findings)
    assert all(each.line >= 2 and each.column >= 1 for each in findings)


def test_a_text_that_ends_too_early_has_its_finding_where_it_ends() -> None:
    for text, place in [("a:\n  b: [1", (2, 8)), ("a:\n  b: [1\n", (3, 1)), ("a: [", (1, 5))]:
        (finding,) = read(text.encode(), "x.yaml")[1]
        assert (finding.line, finding.column) == place
