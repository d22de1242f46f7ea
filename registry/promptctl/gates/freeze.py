"""The `freeze` gate: now is outside of every window.

A weekly window goes from one weekday and time to another, over the end of the week if need be; the other
sort goes from one date to another. Wall-clock times are those of the window's time zone. Where a clock that
is put forward or back shows a time never or twice, the freeze is the longer one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from promptctl.core.names import short_name
from promptctl.core.written import timestamp
from promptctl.gates.result import Candidate, GateResult
from promptctl.model.document import shown
from promptctl.model.pipeline import FreezeWindow

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_WEEKLY = re.compile(rf"({'|'.join(_DAYS)}) {_TIME}")
_DATE = re.compile(rf"(2[0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}})(?:[ T]{_TIME})?")
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*")
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)
_JOINED = 100
"""So many windows in a row are followed to say when the freeze ends."""


class _Span(NamedTuple):
    """From the first frozen moment to the first that is not; the window of which this is one occurrence."""

    begin: datetime
    end: datetime
    window: FreezeWindow


def check(candidate: Candidate, *, windows: Sequence[FreezeWindow], now: datetime) -> GateResult:
    """Decide for an aware `now`. Raise `ValueError` for a window with a `problem`."""
    span = _frozen_by(windows, now)
    if span is None:
        return GateResult("freeze", candidate.address, "pass", "nothing is frozen now")
    window = span.window
    promote = f"promptctl promote {short_name(candidate.address)}@{candidate.version} --to"
    return GateResult(
        gate="freeze",
        address=candidate.address,
        result="fail",
        reason=f"frozen from {window.begin} to {window.end} ({window.timezone})",
        hint=f"{_end_words(windows, now)}: {promote} {candidate.environment}",
    )


def ends_at(windows: Sequence[FreezeWindow], now: datetime) -> datetime | None:
    """Return the first moment from `now` on that no window freezes, in the zone of the last that does.

    None where windows follow each other without end.
    """
    moment = now
    for _ in range(_JOINED):
        span = _frozen_by(windows, moment)
        if span is None:
            return moment
        moment = span.end
    return None


def problem(window: FreezeWindow) -> str:
    """Return what is wrong with the times of a window, or nothing. Its time zone is another matter."""
    sorts = [_WEEKLY if _WEEKLY.fullmatch(each) else _DATE for each in (window.begin, window.end)]
    for key, text in (("from", window.begin), ("to", window.end)):
        try:
            _moment(text)
        except ValueError:
            return f"`{key}` is neither a weekday and time nor a date, found {shown(text)!r}"
    if sorts[0] is not sorts[1]:
        return "`from` and `to` must both be weekdays or both dates"
    begin, end = _bounds(window)
    if begin == end and sorts[0] is _WEEKLY:
        return "`from` and `to` are the same moment of the week"
    return "`to` must come after `from`" if end <= begin and sorts[0] is _DATE else ""


def is_zone(name: str) -> bool:
    """Say whether it is a name of the IANA time zone database, the same on every machine."""
    try:
        return bool(_zone(name))
    except ValueError:
        return False


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    # Other names stand for files that a machine has, or has of its own: localtime, posix/…, right/….
    if not _ZONE.fullmatch(name):
        raise ValueError(f"there is no time zone {name!r}")
    try:
        return ZoneInfo(name)
    except (KeyError, OSError):  # a folder, like Europe, is an OSError
        raise ValueError(f"there is no time zone {name!r}") from None


def _frozen_by(windows: Sequence[FreezeWindow], now: datetime) -> _Span | None:
    """Return what freezes now; where several do, what freezes longest."""
    spans = [each for window in windows for each in _spans(window, now) if each.begin <= now < each.end]
    return max(spans, key=lambda each: each.end, default=None)


def _spans(window: FreezeWindow, now: datetime) -> Iterator[_Span]:
    """Yield the occurrences of a window round a moment, each bound in the window's zone."""
    zone = _zone(window.timezone)
    begin, end = _bounds(window)
    shifts = [timedelta()]
    if _WEEKLY.fullmatch(window.begin):
        end += _WEEK if end < begin else timedelta()
        weeks = (now.astimezone(zone).replace(tzinfo=None) - begin) // _WEEK
        shifts = [weeks * _WEEK, (weeks + 1) * _WEEK, (weeks - 1) * _WEEK]
    for shift in shifts:
        yield _Span(_earliest(begin + shift, zone), _latest(end + shift, zone), window)


def _bounds(window: FreezeWindow) -> tuple[datetime, datetime]:
    """Return both bounds by the wall clock; those of a weekly window in one week, in any order."""
    end = _moment(window.end)
    is_day = bool(_DATE.fullmatch(window.end)) and ":" not in window.end
    return _moment(window.begin), end + _DAY if is_day else end


def _moment(text: str) -> datetime:
    """Return a bound by the wall clock, of a weekday that in the first week of 2001, which began on a Monday.

    Raise `ValueError` where it is none.
    """
    weekly, date = _WEEKLY.fullmatch(text), _DATE.fullmatch(text)
    if weekly:
        day, hour, minute = weekly.groups()
        return datetime.fromisoformat(f"2001-01-{1 + _DAYS.index(day):02}T{hour}:{minute}")
    if date:
        day, hour, minute = date.groups("00")
        return datetime.fromisoformat(f"{day}T{hour}:{minute}")
    raise ValueError(f"{text!r} is neither a weekday and time nor a date")


def _earliest(moment: datetime, zone: tzinfo) -> datetime:
    return min(_both(moment, zone)).astimezone(zone)


def _latest(moment: datetime, zone: tzinfo) -> datetime:
    return max(_both(moment, zone)).astimezone(zone)


def _both(moment: datetime, zone: tzinfo) -> list[datetime]:
    """Return in UTC what a wall clock that was put forward or back may mean by a time."""
    return [moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]


def _end_words(windows: Sequence[FreezeWindow], now: datetime) -> str:
    end = ends_at(windows, now)
    if end is None:
        return "the windows of promptctl.yaml leave no time between them; change one, then"
    zone = str(end.tzinfo)
    utc = "" if zone == "UTC" else f" ({timestamp(end)})"
    return f"from {end:%a %Y-%m-%d %H:%M} {zone}{utc} on"
