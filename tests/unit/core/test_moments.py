from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promptctl.core.moments import parse
from promptctl.core.written import timestamp
from promptctl.errors import UsageError

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at", "assumed"),
    [
        ("2026-11-22T14:30:00+01:00", "2026-11-22T13:30:00Z", ""),
        ("2026-11-22T14:30+0100", "2026-11-22T13:30:00Z", ""),
        ("2026-11-22T13:30:05.25Z", "2026-11-22T13:30:05Z", ""),
        (" 2026-11-22 13:30Z ", "2026-11-22T13:30:00Z", ""),
        ("2026-11-22T13:30", "2026-11-22T13:30:00Z", "UTC"),
        ("2026-11-22", "2026-11-22T23:59:59Z", "the end of the day, UTC"),
    ],
)
def test_a_time_is_read_and_what_is_assumed_is_said(text: str, at: str, assumed: str) -> None:
    moment = parse(text, now=NOW)
    assert (timestamp(moment.at), moment.assumed) == (at, assumed)


def test_a_time_is_shown_with_what_is_assumed() -> None:
    assert str(parse("2026-11-22T13:30Z", now=NOW)) == "2026-11-22T13:30:00Z"
    assert str(parse("2026-11-22T13:30", now=NOW)) == "2026-11-22T13:30:00Z (assumed: UTC)"


def test_today_is_now_and_no_time_to_come() -> None:
    assert str(parse("2026-11-24", now=NOW)).startswith("2026-11-24T09:30:00Z (assumed: now")
    assert parse("2026-11-24", now=NOW + timedelta(days=1)).at.hour == 23


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2h ago",
        "22.11.2026",
        "2026-13-01",
        "2026-02-30T10:00Z",
        "2026-11-22T25:00Z",
        "2026-W47-7",
        "20261122",
        "2026-11-22T14:30 CET",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "２０２６-11-22",
    ],
)
def test_what_is_no_iso_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        parse(text, now=NOW)
