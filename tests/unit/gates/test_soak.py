from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from promptctl.gates import soak
from promptctl.gates.result import Candidate, GateResult
from promptctl.gates.soak import Interval

CANDIDATE = Candidate("prompts/hello", "1.1.0", "sha256:aa", "prod")
NOW = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
HOUR = 3_600


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def served(begin: float, end: float | None = None, ended_by: str = "promote", digest: str = "aa") -> Interval:
    """Return an interval from so many minutes ago."""
    return Interval(
        f"sha256:{digest}", ago(begin), None if end is None else ago(end), "" if end is None else ended_by
    )


def ask(*intervals: Interval) -> GateResult:
    return soak.check(CANDIDATE, after="staging", served=intervals, duration_s=HOUR, now=NOW)


@pytest.mark.parametrize(
    "intervals",
    [
        [served(60)],
        [served(61), served(90, 80)],
        [served(200, 100)],
        [served(30), served(200, 140)],
        [served(10, 5, "rollback"), served(200, 100)],
    ],
    ids=["exactly long enough", "and before", "once", "longest counts", "rolled back another time"],
)
def test_what_served_long_enough_without_a_break_passes(intervals: list[Interval]) -> None:
    assert ask(*intervals).result == "pass"
    ready = soak.ready_at(CANDIDATE, served=intervals, duration_s=HOUR)
    assert ready is not None
    assert ready <= NOW


@pytest.mark.parametrize(
    "intervals",
    [
        [],
        [served(59.9)],
        [served(100, digest="bb")],
        [served(80, 40), served(40)],
        [served(80, 21)],
        [served(200, 100, "rollback")],
        [served(-5)],
    ],
    ids=["never", "too short", "another digest", "two halves", "ended", "rolled back", "in the future"],
)
def test_what_did_not_fails(intervals: list[Interval]) -> None:
    assert ask(*intervals).result == "fail"
    ready = soak.ready_at(CANDIDATE, served=intervals, duration_s=HOUR)
    assert ready is None or ready > NOW


def test_it_says_since_when_how_much_is_left_and_how_to_wait() -> None:
    answer = ask(served(25), served(300, 280))
    assert (
        answer.reason
        == "25m of 1h, 35m to go: serves in staging since 2026-11-22T17:05:00Z, ready at 2026-11-22T18:05:00Z"
    )
    assert answer.hint == "promptctl promote hello@1.1.0 --to prod --wait"
    assert answer.is_pending


@pytest.mark.parametrize(
    ("interval", "reason", "hint"),
    [
        (None, "never served in staging, 1h asked", "promptctl promote hello@1.1.0 --to staging"),
        (
            served(80, 50),
            "served in staging until 2026-11-22T16:40:00Z for 30m, without a break 1h are asked",
            "promptctl promote hello@1.1.0 --to staging",
        ),
        (
            served(200, 100, "rollback"),
            "was rolled back in staging at 2026-11-22T15:50:00Z, after 1h40m: that time does not count",
            "promptctl history --env staging tells why",
        ),
    ],
)
def test_where_waiting_does_not_help_it_says_what_does(
    interval: Interval | None, reason: str, hint: str
) -> None:
    answer = ask(*([interval] if interval else []))
    assert (answer.reason, answer.hint, answer.is_pending) == (reason, hint, False)


def test_intervals_are_only_read_until_one_suffices() -> None:
    def read() -> object:
        yield served(90)
        raise AssertionError("read on")

    answer = soak.check(CANDIDATE, after="staging", served=read(), duration_s=HOUR, now=NOW)  # type: ignore[arg-type]
    assert answer.reason == "served 1h30m in staging without a break, 1h asked"


def test_times_may_stand_in_any_zone() -> None:
    begin = ago(60).astimezone(timezone(timedelta(hours=9)))
    assert ask(Interval(CANDIDATE.digest, begin)).result == "pass"
