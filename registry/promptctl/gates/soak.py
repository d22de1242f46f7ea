"""The `soak` gate: exactly this digest has served the environment before for long enough, without a break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from promptctl.core import durations
from promptctl.core.names import short_name
from promptctl.core.written import timestamp
from promptctl.gates.result import Candidate, GateResult, Outcome


@dataclass(frozen=True, slots=True)
class Interval:
    """A time without a break in which an environment served one digest under one address.

    `begin` and `end` are aware; an end of None says that it still serves. `ended_by` is the action that ended
    it: promote or rollback.
    """

    digest: str
    begin: datetime
    end: datetime | None = None
    ended_by: str = ""


def check(
    candidate: Candidate, *, after: str, served: Iterable[Interval], duration_s: int, now: datetime
) -> GateResult:
    """Decide by the intervals in which `after` served the candidate's address, in any order.

    They are only read until one suffices.
    """
    seen: list[Interval] = []
    for each in served:
        if each.digest != candidate.digest:
            continue
        seen.append(each)
        if each.ended_by != "rollback" and _length_s(each, now) >= duration_s:
            length = durations.written(_length_s(each, now))
            reason = f"served {length} in {after} without a break, {durations.written(duration_s)} asked"
            return _result(candidate, "pass", reason)
    return _too_short(candidate, after, seen, duration_s, now)


def ready_at(candidate: Candidate, *, served: Iterable[Interval], duration_s: int) -> datetime | None:
    """Return the first moment from which the gate passes, given that what serves goes on to serve.

    None where waiting helps nothing.
    """
    return min(_ready(candidate, served, duration_s), default=None)


def _ready(candidate: Candidate, served: Iterable[Interval], duration_s: int) -> Iterator[datetime]:
    for each in served:
        ready = each.begin + timedelta(seconds=duration_s)
        goes_on = each.end is None or (each.end >= ready and each.ended_by != "rollback")
        if each.digest == candidate.digest and goes_on:
            yield ready.astimezone(UTC)


def _length_s(interval: Interval, now: datetime) -> float:
    return ((interval.end or now) - interval.begin).total_seconds()


def _too_short(
    candidate: Candidate, after: str, seen: list[Interval], duration_s: int, now: datetime
) -> GateResult:
    """Return the failure, with what helps: to wait, or to serve there (again)."""
    name = f"{short_name(candidate.address)}@{candidate.version}"
    promote = f"promptctl promote {name} --to"
    asked = durations.written(duration_s)
    ready = ready_at(candidate, served=seen, duration_s=duration_s)
    if ready is not None:
        since = ready - timedelta(seconds=duration_s)
        lasted = durations.written((now - since).total_seconds())
        left = durations.written(ceil((ready - now).total_seconds()))
        return _result(
            candidate,
            "fail",
            f"{lasted} of {asked}, {left} to go: serves in {after} since {timestamp(since)}, ready at"
            f" {timestamp(ready)}",
            f"{promote} {candidate.environment} --wait",
            is_pending=True,
        )
    if not seen:
        return _result(candidate, "fail", f"never served in {after}, {asked} asked", f"{promote} {after}")
    last = max(seen, key=lambda each: each.begin)
    length = durations.written(_length_s(last, now))
    until = timestamp(last.end or now)
    if last.ended_by == "rollback":
        reason = f"was rolled back in {after} at {until}, after {length}: that time does not count"
        return _result(candidate, "fail", reason, f"promptctl history --env {after} tells why")
    reason = f"served in {after} until {until} for {length}, without a break {asked} are asked"
    return _result(candidate, "fail", reason, f"{promote} {after}")


def _result(
    candidate: Candidate, outcome: Outcome, reason: str, hint: str = "", *, is_pending: bool = False
) -> GateResult:
    return GateResult("soak", candidate.address, outcome, reason, hint, is_pending=is_pending)
