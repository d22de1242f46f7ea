from __future__ import annotations

import pytest

from promptctl.core import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("90s", 90),
        ("30m", 1_800),
        ("1h", 3_600),
        ("1h30m", 5_400),
        ("2d", 172_800),
        ("1d1h1m1s", 90_061),
        ("3650d", 315_360_000),
    ],
)
def test_a_duration_is_numbers_with_units_the_largest_first(text: str, seconds: int) -> None:
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "1", "h", "0h", "01h", "1H", "-1h", "1.5h", "1 h", " 1h", "1h\n", "30m1h", "1h1h", "1w", "٣h"],
)
def test_what_is_written_otherwise_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        durations.seconds(text)


@pytest.mark.parametrize("text", ["3651d", "3650d1s", "999999999d"])
def test_no_duration_is_longer_than_time_can_be_counted(text: str) -> None:
    with pytest.raises(ValueError, match="is longer than 3650 days"):
        durations.seconds(text)


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (-3, "0s"),
        (0, "0s"),
        (45.9, "45s"),
        (60, "1m"),
        (4_320, "1h12m"),
        (3_605, "1h"),
        (86_399, "23h59m"),
        (90_061, "1d1h"),
        (259_200, "3d"),
    ],
)
def test_people_read_the_two_largest_units(duration_s: float, text: str) -> None:
    assert durations.written(duration_s) == text
