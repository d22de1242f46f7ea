from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from promptctl.gates import freeze
from promptctl.gates.result import Candidate
from promptctl.model.pipeline import FreezeWindow

CANDIDATE = Candidate("prompts/hello", "1.1.0", "sha256:aa", "prod")
BERLIN = ZoneInfo("Europe/Berlin")
WEEKEND = FreezeWindow("Fri 16:00", "Mon 08:00", "Europe/Berlin")
HOLIDAYS = FreezeWindow("2026-12-23", "2027-01-02")
SPRING = "2026-03-29"
"""The day on which clocks of Berlin go from 02:00 to 03:00, a Sunday."""
AUTUMN = "2026-10-25"
"""The day on which they show 02:00 to 03:00 twice, a Sunday."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def is_frozen(now: datetime, *windows: FreezeWindow) -> bool:
    return freeze.check(CANDIDATE, windows=windows, now=now).result == "fail"


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [
        ("2026-11-20 15:59:59", False),  # a Friday
        ("2026-11-20 16:00", True),
        ("2026-11-21 12:00", True),
        ("2026-11-22 23:59:59", True),
        ("2026-11-23 00:00", True),
        ("2026-11-23 07:59:59", True),
        ("2026-11-23 08:00", False),
        ("2026-11-25 12:00", False),
    ],
)
def test_a_weekly_window_goes_over_the_end_of_the_week(moment: str, frozen: bool) -> None:
    assert is_frozen(datetime.fromisoformat(moment).replace(tzinfo=BERLIN), WEEKEND) == frozen


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [
        ("2026-11-23 11:59", False),  # a Monday
        ("2026-11-23 12:00", True),
        ("2026-11-24 12:29", True),
        ("2026-11-24 12:30", False),
        ("2026-11-22 12:00", False),
    ],
)
def test_a_weekly_window_may_lie_inside_of_the_week(moment: str, frozen: bool) -> None:
    assert is_frozen(utc(moment), FreezeWindow("Mon 12:00", "Tue 12:30")) == frozen


def test_a_weekly_window_is_by_the_clock_of_its_zone_in_winter_and_summer() -> None:
    assert not is_frozen(utc("2026-11-20 14:59"), WEEKEND)
    assert is_frozen(utc("2026-11-20 15:00"), WEEKEND)
    assert not is_frozen(utc("2026-06-19 13:59"), WEEKEND)
    assert is_frozen(utc("2026-06-19 14:00"), WEEKEND)
    assert is_frozen(utc("2026-11-19 18:00"), FreezeWindow("Fri 01:00", "Fri 09:00", "Asia/Tokyo"))


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [
        ("2026-12-22 23:59:59", False),
        ("2026-12-23 00:00", True),
        ("2027-01-02 23:59:59", True),
        ("2027-01-03 00:00", False),
        ("2027-12-25 00:00", False),
    ],
)
def test_both_dates_of_a_window_belong_to_it(moment: str, frozen: bool) -> None:
    assert is_frozen(utc(moment), HOLIDAYS) == frozen


def test_one_date_is_one_day() -> None:
    day = FreezeWindow("2026-12-24", "2026-12-24")
    assert is_frozen(utc("2026-12-24 00:00"), day)
    assert is_frozen(utc("2026-12-24 23:59"), day)
    assert not is_frozen(utc("2026-12-25 00:00"), day)


@pytest.mark.parametrize("end", ["2026-12-24 12:30", "2026-12-24T12:30"])
def test_a_date_may_have_a_time_which_is_the_first_moment_after(end: str) -> None:
    window = FreezeWindow("2026-12-23 18:00", end, "Europe/Berlin")
    assert not is_frozen(utc("2026-12-23 16:59:59"), window)
    assert is_frozen(utc("2026-12-23 17:00"), window)
    assert is_frozen(utc("2026-12-24 11:29:59"), window)
    assert not is_frozen(utc("2026-12-24 11:30"), window)


def frozen_minutes(window: FreezeWindow, first: str, hours: int) -> list[str]:
    """Return the first and the last frozen minute of a time, in UTC; the freeze has no break."""
    moments = [utc(first) + timedelta(minutes=minute) for minute in range(hours * 60)]
    frozen = [each for each in moments if is_frozen(each, window)]
    assert len(frozen) == (frozen[-1] - frozen[0]) // timedelta(minutes=1) + 1
    return [f"{each:%H:%M}" for each in (frozen[0], frozen[-1])]


def test_where_the_clock_shows_a_time_twice_the_freeze_begins_at_the_first_and_ends_at_the_last() -> None:
    # 02:30 is 00:30 and 01:30 in UTC
    begins = FreezeWindow("Sun 02:30", "Sun 06:00", "Europe/Berlin")
    assert frozen_minutes(begins, f"{AUTUMN} 00:00", 8) == ["00:30", "04:59"]
    ends = FreezeWindow(f"{AUTUMN} 01:00", f"{AUTUMN} 02:30", "Europe/Berlin")
    assert frozen_minutes(ends, "2026-10-24 22:00", 8) == ["23:00", "01:29"]


def test_where_the_clock_never_shows_a_time_the_freeze_is_the_longer_one() -> None:
    # 02:30 never was: clocks went from 01:59 to 03:00, at 01:00 in UTC
    begins = FreezeWindow("Sun 02:30", "Sun 06:00", "Europe/Berlin")
    assert frozen_minutes(begins, "2026-03-28 22:00", 8) == ["00:30", "03:59"]
    ends = FreezeWindow(f"{SPRING} 01:00", f"{SPRING} 02:30", "Europe/Berlin")
    assert frozen_minutes(ends, "2026-03-28 22:00", 8) == ["00:00", "01:29"]


def test_it_says_which_window_when_it_ends_in_its_zone_and_utc_and_the_command_for_then() -> None:
    answer = freeze.check(CANDIDATE, windows=[HOLIDAYS, WEEKEND], now=utc("2026-11-21 12:00"))
    assert answer.reason == "frozen from Fri 16:00 to Mon 08:00 (Europe/Berlin)"
    assert answer.hint == (
        "from Mon 2026-11-23 08:00 Europe/Berlin (2026-11-23T07:00:00Z) on:"
        " promptctl promote hello@1.1.0 --to prod"
    )


def test_where_the_window_is_in_utc_its_end_is_said_once() -> None:
    answer = freeze.check(CANDIDATE, windows=[HOLIDAYS], now=utc("2026-12-24 12:00"))
    assert answer.hint == "from Sun 2027-01-03 00:00 UTC on: promptctl promote hello@1.1.0 --to prod"


def test_windows_that_meet_are_one_freeze() -> None:
    # the holidays end on a Saturday
    now = utc("2026-12-30 12:00")
    assert freeze.ends_at([HOLIDAYS, WEEKEND], now) == datetime(2027, 1, 4, 8, tzinfo=BERLIN)
    assert freeze.ends_at([HOLIDAYS], now) == utc("2027-01-03 00:00")
    assert freeze.ends_at([WEEKEND], now) == now


def test_windows_without_any_time_between_them_say_so() -> None:
    always = [FreezeWindow("Mon 00:00", "Fri 00:00"), FreezeWindow("Fri 00:00", "Mon 00:00")]
    answer = freeze.check(CANDIDATE, windows=always, now=utc("2026-11-21 12:00"))
    assert freeze.ends_at(always, utc("2026-11-21 12:00")) is None
    assert answer.hint.startswith("the windows of promptctl.yaml leave no time between them; change one")


def test_outside_of_all_windows_it_passes() -> None:
    answer = freeze.check(CANDIDATE, windows=[WEEKEND, HOLIDAYS], now=utc("2026-11-24 12:00"))
    assert (answer.result, answer.reason, answer.hint) == ("pass", "nothing is frozen now", "")


def test_any_week_is_like_counting_the_minutes_of_a_week_where_clocks_stay() -> None:
    random = Random(7)
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    monday, week = utc("2026-11-16 00:00"), 7 * 1440
    for _ in range(300):
        begin, end = random.sample(range(week), 2)
        words = [f"{days[each // 1440]} {each % 1440 // 60:02}:{each % 60:02}" for each in (begin, end)]
        minute = random.choice([begin, end, begin - 1, end - 1, random.randrange(week)]) % week
        now = monday + timedelta(minutes=minute, weeks=random.randrange(100))
        expected = (minute - begin) % week < (end - begin) % week
        assert is_frozen(now, FreezeWindow(*words)) == expected, (words, now)


@pytest.mark.parametrize("window", [WEEKEND, HOLIDAYS, FreezeWindow("2026-01-01 08:00", "2026-01-01T08:01")])
def test_a_good_window_has_no_problem(window: FreezeWindow) -> None:
    assert freeze.problem(window) == ""


@pytest.mark.parametrize(
    ("begin", "end", "problem"),
    [
        (
            "Friday 16:00",
            "Mon 08:00",
            "`from` is neither a weekday and time nor a date, found 'Friday 16:00'",
        ),
        ("Fri 16:00", "Mon 24:00", "`to` is neither a weekday and time nor a date, found 'Mon 24:00'"),
        ("Fri", "Mon", "`from` is neither a weekday and time nor a date, found 'Fri'"),
        ("2026-02-30", "2026-03-01", "`from` is neither a weekday and time nor a date, found '2026-02-30'"),
        ("9999-12-31", "9999-12-31", "`from` is neither a weekday and time nor a date, found '9999-12-31'"),
        (
            "2026-12-23\n",
            "2026-12-24",
            "`from` is neither a weekday and time nor a date, found '2026-12-23\\n'",
        ),
        ("Fri 16:00", "2026-12-24", "`from` and `to` must both be weekdays or both dates"),
        ("Fri 16:00", "Fri 16:00", "`from` and `to` are the same moment of the week"),
        ("2026-12-24", "2026-12-23", "`to` must come after `from`"),
        ("2026-12-24 08:00", "2026-12-24 08:00", "`to` must come after `from`"),
    ],
)
def test_a_window_that_says_nothing_clear_has_a_problem(begin: str, end: str, problem: str) -> None:
    assert freeze.problem(FreezeWindow(begin, end)) == problem


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1"])
def test_names_of_the_time_zone_database_are_zones(name: str) -> None:
    assert freeze.is_zone(name)


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "Europe/Atlantis", "../etc/passwd", "/etc/localtime", "localtime", "posix/Europe/Berlin",
     "right/UTC", "Europe/Berlin\n", "Europe\0", "europe/berlin"],
)  # fmt: skip
def test_what_only_this_machine_may_know_is_no_zone(name: str) -> None:
    assert not freeze.is_zone(name)
