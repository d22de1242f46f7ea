"""`promptctl status`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.text import columns, emit, note, safe, say
from promptctl.cli.workspace import damage
from promptctl.core.names import full_address
from promptctl.core.written import short, timestamp

if TYPE_CHECKING:
    from promptctl.core.lock import Hold
    from promptctl.core.serving import Served
    from promptctl.services.status import Status

_WAITING_SHOWN = 10  # of each environment: more would push what serves off the screen


@verb
@click.argument("name", required=False)
@click.option("--offline", is_flag=True, help="Show what was last fetched; ask nobody.")
@click.option("--exit-code", is_flag=True, help="Exit 1 where something waits or is held.")
def command(context: Context, name: str | None, *, offline: bool, exit_code: bool) -> int:
    """Show what serves where, what waits for a promotion, and what is held.

    \b
    promptctl status
    promptctl status support-answer --offline
    """
    from promptctl.services import status

    wanted = full_address(name) if name else ""
    with context.repository() as repository:
        found = status.status(repository, offline=offline, address=wanted)
    if context.output == "json":
        emit("status", _plain(context, found, wanted))
    else:
        _show(context, found, wanted)
    waits = any(wanted in {"", each.address} for each in found.waiting)
    return int(exit_code and (waits or bool(found.holds)))


def _show(context: Context, found: Status, wanted: str) -> None:
    addresses = [each for each in found.addresses if wanted in {"", each}]
    if not addresses:
        say(context, "nothing serves anywhere yet")
        say(context, "→ promptctl release NAME, then promptctl promote NAME --to ENV", fg="cyan")
    else:
        header = ["", *(each.environment for each in found.environments)]
        rows = [[_name(address), *_cells(context, found, address)] for address in addresses]
        head, *lines = columns([header, *rows], gap=3)
        say(context, head, bold=True)
        say(context, "\n".join(lines))
    _show_waiting(context, found, wanted)
    _show_holds(context, found)
    for line in damage(found.damaged):
        note(context, line)
    if found.stale:
        note(context, f"as last fetched: {safe(found.stale)}")


def _cells(context: Context, found: Status, address: str) -> list[str]:
    pins = [each.pins.get(address) for each in found.environments]
    return [f"{pin.version} ({_age(context.now, pin.since)})" if pin else "–" for pin in pins]


def _show_waiting(context: Context, found: Status, wanted: str) -> None:
    for state in found.environments:
        here = [each for each in found.waiting if each.environment == state.environment]
        waiting = [each for each in here if wanted in {"", each.address}]
        if waiting:
            say(context)
        for each in waiting[:_WAITING_SHOWN]:
            serves = f"which serves {each.serves}" if each.serves else "where it does not serve"
            what = f"{_name(each.address)} {each.version}"
            say(context, f"waiting   {what} for {each.environment}, {serves}", fg="yellow")
            hint = f"promptctl promote {_name(each.address)} --to {each.environment}"
            say(context, f"          → {hint}", fg="cyan")
        if more := len(waiting[_WAITING_SHOWN:]):
            say(context, f"waiting   {more} more for {state.environment}", fg="yellow")
            say(context, f"          → promptctl promote --all --to {state.environment}", fg="cyan")


def _show_holds(context: Context, found: Status) -> None:
    for place, (environment, hold) in enumerate(found.holds):
        if not place:
            say(context)
        what = _held_name(found, hold)
        when = f"{safe(hold.by)}, {_age(context.now, hold.since)} ago"
        say(context, f"held      {environment}: {what}: {safe(hold.reason)} ({when})", fg="red")


def _held_name(found: Status, hold: Hold) -> str:
    """Name a held digest by the release that people know."""
    if hold.scope != "digest":
        return "everything" if hold.scope == "environment" else _name(hold.value)
    for serving in found.environments:
        if release := serving.release_of(hold.value):
            address, version = release
            return f"{_name(address)} {version}"
    return f"{short(hold.value)}…"


@cache  # what was promoted together has one time
def _age(now: datetime, since: str) -> str:
    try:
        seconds = int((now - datetime.fromisoformat(since).astimezone(UTC)).total_seconds())
    except ValueError:
        return "?"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"


def _name(address: str) -> str:
    return safe(address.removeprefix("prompts/"))


def _plain(context: Context, found: Status, wanted: str) -> dict[str, Any]:
    shown = [each for each in found.addresses if wanted in {"", each}]
    return {
        "as_of": timestamp(context.now),
        "stale": found.stale or None,
        "damaged": dict(found.damaged),
        "environments": [
            {
                "name": each.environment,
                "sequence": each.sequence,
                "head": found.heads.get(each.environment),
                "holds": [
                    {key: getattr(hold, key) for key in ("scope", "value", "reason", "by", "since")}
                    for hold in each.holds
                ],
            }
            for each in found.environments
        ],
        "artifacts": [
            {
                "address": address,
                "pins": {
                    each.environment: _pin(pin)
                    for each in found.environments
                    if (pin := each.pins.get(address))
                },
            }
            for address in shown
        ],
        "waiting": [
            {
                "address": each.address,
                "version": each.version,
                "environment": each.environment,
                "after": each.after,
                "serves": each.serves,
            }
            for each in found.waiting
            if each.address in shown
        ],
    }


def _pin(pin: Served) -> dict[str, str]:
    return {"version": pin.version, "digest": pin.digest, "since": pin.since, "by": pin.by}
