"""A point in time as people write it on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from promptctl.core.written import timestamp
from promptctl.errors import UsageError

_FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?P<clock>[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_EARLIEST_YEAR, _LATEST_YEAR = 1970, 9000  # what git can date, and times that can be reckoned with


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, UTC, and what was assumed where its text does not say it all, else an empty text."""

    at: datetime
    assumed: str = ""

    def __str__(self) -> str:
        return f"{timestamp(self.at)} (assumed: {self.assumed})" if self.assumed else timestamp(self.at)


def parse(text: str, *, now: datetime) -> Moment:
    """Return the time that ISO 8601 text means; raise `UsageError` for any other.

    A date alone is the end of that day, today is `now`; where no zone is said, it is UTC.
    """
    form = _FORM.fullmatch(text.strip())
    try:
        at = datetime.fromisoformat(text.strip()) if form else None
    except ValueError:
        at = None
    if form is None or at is None or not _EARLIEST_YEAR <= at.year < _LATEST_YEAR:
        raise UsageError(
            f"{text!r} is no time",
            hint="ISO 8601, with the zone: 2026-11-22T14:30:00+01:00, 2026-11-22T13:30Z, or a date",
        )
    if form["clock"] is None:
        if at.date() == now.astimezone(UTC).date():
            return Moment(now, "now, as the day is not over in UTC")
        return Moment(at.replace(hour=23, minute=59, second=59, tzinfo=UTC), "the end of the day, UTC")
    if form["zone"] is None:
        return Moment(at.replace(tzinfo=UTC), "UTC")
    return Moment(at.astimezone(UTC))
