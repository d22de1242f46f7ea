from __future__ import annotations

import unicodedata

import pytest
from helpers import corpus
from helpers.registries import registry, source

from promptctl.store.registry import read


def found(text: str, path: str = "prompts/answer.md") -> list[tuple[str, int, int]]:
    """Return (code, line, column) of what is found in a text."""
    return [(each.code, each.line, each.column) for each in read([source(path, text)]).findings]


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d👩\u200d👧\u200d👦 👩🏽\u200d💻 ❤\ufe0f\u200d🔥",
        "🏳\ufe0f\u200d🌈 🏴\u200d☠\ufe0f 1\ufe0f\u20e3 #\ufe0f\u20e3 🇩🇪",
        "🏴" + "".join(chr(0xE0000 + ord(each)) for each in "gbsct") + "\U000e007f",
        "می\u200cخواهم به خانه بروم",
        "क्\u200dष क्\u200cष ক্\u200dষ",
        "ශ්\u200dරී ලංකා",
        "ไทย\u200bไทย ខ្មែរ\u200bភាសា",
        "שלום\u200f! \u200eשלום",
        "葛\U000e0100飾区 ☺\ufe0e",
        "Grüße, naïve Ωmega, 東京, Привет, \u00a0 \u202f narrow",
    ],
)
def test_what_writing_needs_may_stand(text: str) -> None:
    assert found(f"{text}\n") == []


@pytest.mark.parametrize(
    "char", ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"]
)
def test_every_bidi_control_is_an_error_also_beside_right_to_left_letters(char: str) -> None:
    assert found(f"שלום\n  {char}שלום\n") == [("PC077", 2, 3)]


@pytest.mark.parametrize("path", ["prompts/a.md", "partials/a.md", "datasets/a.jsonl", "datasets/a.csv"])
def test_controls_are_found_in_files_of_every_sort(path: str) -> None:
    content = {
        "datasets/a.jsonl": '{"id": "c1", "expected": "a\u202eb"}\n',
        "datasets/a.csv": "id\na\u202eb\n",
    }
    assert [code for code, _, _ in found(content.get(path, "a\u202eb\n"), path)] == ["PC077"]


def test_every_control_character_but_tab_and_line_feed_is_found() -> None:
    controls = [chr(each) for each in range(0xA0) if unicodedata.category(chr(each)) == "Cc"]
    for char in controls:
        codes = [code for code, _, _ in found(f"a{char}b\n")]
        assert codes == ([] if char in "\t\n" else codes[:1]), hex(ord(char))
        assert codes or char in "\t\n"


def test_every_format_character_of_unicode_is_found_between_latin_letters() -> None:
    kept = {
        0x0600,
        0x0601,
        0x0602,
        0x0603,
        0x0604,
        0x0605,
        0x06DD,
        0x070F,
        0x0890,
        0x0891,
        0x08E2,
        0x110BD,
        0x110CD,
    }
    for number in range(0x110000):
        char = chr(number)
        if unicodedata.category(char) != "Cf" or number in kept or 0x13430 <= number <= 0x1343F:
            continue
        assert len(found(f"a{char}b\n")) == 1, hex(number)


def test_every_character_of_private_use_and_every_noncharacter_is_found() -> None:
    ends = [plane * 0x10000 + last for plane in range(17) for last in (0xFFFE, 0xFFFF)]
    private = [*range(0xE000, 0xF900, 7), *range(0xF0000, 0x10FFFE, 997)]
    for number in [*ends, *range(0xFDD0, 0xFDF0), *private]:
        assert [code for code, _, _ in found(f"a{chr(number)}b\n")] == ["PC083"], hex(number)


def test_a_body_full_of_invisible_characters_has_a_bounded_number_of_findings() -> None:
    many = found("a\u200b" * 200_000 + "\n")
    assert len(many) == 20


def test_prompts_that_people_wrote_have_only_findings_that_are_right() -> None:
    registered = registry({row.path: row.file for row in corpus.rows()})
    seen = {(each.path, each.code, each.severity) for each in registered.findings}
    assert {each for each in seen if each[2] == "error"} == set()
    by_code: dict[str, set[int]] = {}
    for path, code, _ in seen:
        by_code.setdefault(code, set()).add(int(path.removeprefix("prompts/")[:4]))
    separators = {row.number for row in corpus.rows() if set(row.body) & set("\x1e\x1f\u2028")}
    assert by_code == {"PC079": {729}, "PC082": separators}
    assert len(separators) == 14
