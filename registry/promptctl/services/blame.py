"""Blame: for an incident, what served at a time, and what had changed in the hours before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from promptctl.core.lock import Lock
from promptctl.core.names import environment_ref, short_name
from promptctl.core.written import timestamp
from promptctl.errors import PromptctlError, RefusedError, UsageError
from promptctl.model.promotion import Move
from promptctl.services import history
from promptctl.services.compared import Compared, compare_pins
from promptctl.services.environment_change import read_state
from promptctl.services.history import Change, Then
from promptctl.store import environments
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Moved:
    """One address that a change moved: what that did to behaviour (or why it is not known), and the command
    that takes it back (or why there is none).
    """

    move: Move
    compared: Compared | None
    problem: str = ""
    command: str = ""
    no_command: str = ""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change within the window, with what it moved."""

    change: Change
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Blame:
    """What served at a time (None: nothing did), and what had changed since `begin`, newest first."""

    environment: str
    at: datetime
    begin: datetime
    served: Then | None
    suspects: tuple[Suspect, ...]
    stale: str
    damaged: Mapping[str, str]


def blame(
    repository: Repository, environment: str, *, at: datetime, window_s: int, offline: bool = False
) -> Blame:
    """Return what served in an environment at a time and what had changed in the window before it.

    The order of commits decides what served; what they say of their time decides what is in the window. A
    change that cannot be read is suspect wherever it stands between two that are.
    """
    found = history.of_environment(repository, environment, offline=offline)
    begin = at - timedelta(seconds=window_s)
    served, damaged = history.newest_until(at, found.changes), history.damaged(found.changes)
    if served is None:
        return Blame(environment, at, begin, None, (), found.stale, damaged)
    pins = environments.read_serving(repository.objects, environment, served.commit).pins
    now = read_state(repository, environment).lock
    suspects = tuple(
        Suspect(each, tuple(_moved(repository, each, now))) for each in _window(found.changes, served, begin)
    )
    return Blame(environment, at, begin, Then(served, pins), suspects, found.stale, damaged)


def _window(changes: Sequence[Change], served: Change, begin: datetime) -> Iterator[Change]:
    earliest = timestamp(begin)
    older = changes[changes.index(served) :]
    last = max((place for place, each in enumerate(older) if _at(each) >= earliest), default=-1)
    return iter(older[: last + 1])


def _at(change: Change) -> str:
    return change.promotion.at if change.promotion else ""


def _moved(repository: Repository, change: Change, now: Lock) -> Iterator[Moved]:
    if change.promotion is None or not change.promotion.changes:
        return
    try:
        before, after = history.locks_around(repository, change.environment, change.commit)
    except RefusedError as error:
        yield from (Moved(each, None, error.message) for each in change.promotion.changes)
        return
    for move in change.promotion.changes:
        command, no_command = _taking_back(move, before, after, now)
        if change.promotion.action == "rollback":
            command = no_command = ""  # taken back already is what it took out
        compared, problem = _compared(repository, move, before, after)
        yield Moved(move, compared, problem, command, no_command)


def _compared(repository: Repository, move: Move, before: Lock, after: Lock) -> tuple[Compared | None, str]:
    """Return what a move did to behaviour, or why that is not known."""
    old, new = (lock.pins.get(move.address) for lock in (before, after))
    if old is None and new is None:
        return None, "neither lock has it"
    try:
        sides = ((pin.version if pin else "", pin) for pin in (old, new))
        return compare_pins(repository, move.address, *sides), ""
    except PromptctlError as error:
        return None, error.message


def _taking_back(move: Move, before: Lock, after: Lock, now: Lock) -> tuple[str, str]:
    """Return the command that takes a move back, or why there is none."""
    name, environment = short_name(move.address), now.environment
    serves, came, went = (lock.pins.get(move.address) for lock in (now, after, before))
    if serves is None or came is None or (serves.version, serves.digest) != (came.version, came.digest):
        return "", f"{name} {move.after or 'nothing'} serves there no longer"
    if went is None:
        return f'promptctl hold {name} --env {environment} --reason "…"', ""
    try:
        now.rollback_target(move.address, went.version)
    except RefusedError as error:
        return "", error.message
    return f'promptctl rollback {name} --env {environment} --to {went.version} --reason "…"', ""


def check_window(environment: str, window: str) -> int:
    """Return the seconds of a window; raise `UsageError` for what is none, or for no environment's name."""
    from promptctl.core import durations

    environment_ref(environment)
    try:
        return durations.seconds(window)
    except ValueError as error:
        raise UsageError(f"--window {window!r} {error}", hint=durations.HINT) from None
