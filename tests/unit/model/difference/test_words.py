from __future__ import annotations

import random

import pytest
from helpers.growth import TIMES, assert_linear
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.model.difference.alignment import aligned
from promptctl.model.difference.words import edits, line_edits, tokens

SOME_TEXT = st.text(st.sampled_from("ab 你好,\n{}%คำ-"), max_size=60)


def marked(before: str, after: str) -> str:
    """Return the edits in one line, as `git diff --word-diff` marks them."""
    sides = {" ": "{}", "-": "[-{}-]", "+": "{{+{}+}}", "…": "…{}"}
    return "".join(sides[each.sign].format(each.text) for each in edits(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Be kind.", "Be very kind.", "Be {+very +}kind."),
        ("Be kind.", "Be rude.", "Be [-kind-]{+rude+}."),
        ("Be {{ tone }}.", "Be {{ mood }}.", "Be [-{{ tone }}-]{+{{ mood }}+}."),
        ("one two three four five", "one 2 3 four five", "one [-two three-]{+2 3+} four five"),
        ("don't stop now", "do stop now", "[-don't-]{+do+} stop now"),
        ("你好世界朋友", "你好新世界朋友", "你好{+新+}世界朋友"),
        ("東京は日本の首都です", "京都は日本の古都です", "[-東-]京{+都+}は日本の[-首-]{+古+}都です"),
        ("ฉันกินข้าวเช้า", "ฉันกินข้าวเย็น", "ฉันกินข้าวเ[-ช้า-]{+ย็น+}"),
        ("same", "same", ""),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("the cat sat here", "wholly other words", "[-the cat sat here-]{+wholly other words+}"),
    ],
)
def test_words_that_go_and_come_are_marked(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


def test_a_mark_stays_with_the_letter_that_it_is_on() -> None:
    assert tokens("กิ่ง") == ["กิ่", "ง"]
    assert tokens("が") == ["が"]


def test_lines_left_out_between_two_changes_are_a_sign() -> None:
    lines = [f"line {at}" for at in range(20)]
    changed = ["row 0", *lines[1:19], "row 19"]
    signs = [each.sign for each in edits("\n".join(lines), "\n".join(changed))]
    assert signs == ["-", "+", " ", "…", " ", "-", "+", " "]


def test_lines_far_from_a_change_are_left_out() -> None:
    lines = [f"line {at}" for at in range(12)]
    changed = [*lines[:6], "row 6", *lines[7:]]
    assert marked("\n".join(lines), "\n".join(changed)) == (
        "line 4\nline 5\n[-line-]{+row+} 6\nline 7\nline 8\n"
    )
    assert line_edits("\n".join(lines), "\n".join(changed)) == (
        *(" line 4", " line 5", "-line 6", "+row 6", " line 7", " line 8"),
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SOME_TEXT, SOME_TEXT)
def test_what_stays_and_goes_is_the_old_text_and_what_stays_and_comes_the_new_one(old: str, new: str) -> None:
    found = edits(f"<{old}>", f"<{new}>")
    if old != new and f"{old}{new}".count("\n") < 3:  # else lines may be left out
        assert "".join(each.text for each in found if each.sign in " -") == f"<{old}>"
        assert "".join(each.text for each in found if each.sign in " +") == f"<{new}>"
    assert "".join(tokens(old)) == old


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text("abc", max_size=40), st.text("abc", max_size=40))
def test_blocks_cover_both_sides_and_equal_ones_are_equal(old: str, new: str) -> None:
    blocks = aligned(old, new)
    assert [each.at for each in blocks] == [
        sum(each.old for each in blocks[:at]) for at in range(len(blocks))
    ]
    assert sum(each.old for each in blocks) == len(old)
    assert sum(each.new for each in blocks) == len(new)
    for each in blocks:
        if each.is_equal:
            assert old[each.at : each.at + each.old] == new[each.to : each.to + each.new]


def hostile() -> list[tuple[str, str, str]]:
    """Texts of 1 MiB on which difflib takes minutes or hours."""
    seeded = random.Random(7)
    words = [seeded.choice("abcde") for _ in range(260_000)]
    other = [seeded.choice("abcde") for _ in range(260_000)]
    size = 1 << 20
    return [
        ("one letter", "a" * size, "a" * (size - 1) + "b"),
        ("one word again and again", "no " * (size // 3), "on " * (size // 3)),
        ("five words at random", " ".join(words), " ".join(other)),
        ("empty lines", "\n" * size, "\n" * (size - 7) + "x"),
        ("turned round", "\n".join(map(str, range(90_000))), "\n".join(map(str, range(90_000, 0, -1)))),
        ("characters without spaces", "的一是不了" * 60_000, "了不是一的" * 60_000),
        ("every second line", "\n".join("ab" * 150_000), "\n".join("ba" * 150_000)),
        ("open tags", "{{" * (size // 2), "{%" * (size // 2)),
    ]


@pytest.mark.parametrize(
    ("before", "after"), [each[1:] for each in hostile()], ids=[each[0] for each in hostile()]
)
def test_comparing_up_to_a_mebibyte_is_linear(before: str, after: str) -> None:
    def compare(size: int) -> None:
        found = edits(before[-size:], after[-size:])
        line_edits(before[-size:], after[-size:])
        assert {"-", "+"} & {each.sign for each in found}

    assert_linear(compare, -(-max(len(before), len(after)) // TIMES))
