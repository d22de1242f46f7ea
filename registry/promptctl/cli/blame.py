"""`promptctl blame`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.change import change_json, show_change
from promptctl.cli.output.difference import headline
from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.serving import note_gaps, pin_json
from promptctl.cli.output.text import emit, safe, say
from promptctl.core.names import short_name
from promptctl.core.written import timestamp

if TYPE_CHECKING:
    from promptctl.core.moments import Moment
    from promptctl.services.blame import Blame, Moved, Suspect

_MOVED_SHOWN = 20


@verb
@click.option("--env", "environment", required=True, metavar="ENV", help="Where it happened.")
@click.option("--at", required=True, metavar="TIME", help="When: ISO 8601, 2026-11-22T14:30:00+01:00.")
@click.option(
    "--window", default="24h", show_default=True, metavar="TIME", help="How far to look back: 90m, 2d."
)
@click.option("--offline", is_flag=True, help="Look at what was last fetched; ask nobody.")
def command(context: Context, environment: str, at: str, window: str, *, offline: bool) -> None:
    """Say for an incident what served in ENV at that time, and what had changed in the hours before.

    Newest first: who changed what, why, past which gates, what it did to behaviour, and the command that
    takes it back. A time without a zone is UTC; a date alone is the end of that day, or now.

    \b
    promptctl blame --env prod --at 2026-11-22T14:30:00+01:00
    promptctl blame --env prod --at 2026-11-22T13:30Z --window 3d
    """
    from promptctl.core import moments
    from promptctl.services import blame

    moment = moments.parse(at, now=context.now)
    window_s = blame.check_window(environment, window)
    with context.repository() as repository:
        found = blame.blame(repository, environment, at=moment.at, window_s=window_s, offline=offline)
    if context.output == "json":
        emit("blame", _plain(found, moment))
    else:
        _show(context, found, moment, window)


def _show(context: Context, found: Blame, moment: Moment, window: str) -> None:
    if found.served is None:
        say(context, f"nothing served in {found.environment} at {moment}")
    else:
        number = found.served.change.sequence
        say(context, f"what served in {found.environment} at {moment} (#{number}):", bold=True)
        for address, pin in found.served.pins.items():
            line = f"  {safe(short_name(address))} {pin.version}, since {pin.since}, by {safe(pin.by)}"
            say_wrapped(context, line, hang="    ")
        say(context)
        _show_suspects(context, found, window)
    note_gaps(context, found.damaged, found.stale)


def _show_suspects(context: Context, found: Blame, window: str) -> None:
    if not found.suspects:
        say(context, f"nothing had changed in the {window} before")
        return
    say(context, f"what had changed in the {window} before, newest first:", bold=True)
    for suspect in found.suspects:
        say(context)
        show_change(context, suspect.change)
        for moved in suspect.moved[:_MOVED_SHOWN]:
            _show_moved(context, moved)
        if len(suspect.moved) > _MOVED_SHOWN:
            say(context, f"      … and {len(suspect.moved) - _MOVED_SHOWN:,} more; -o json has them all")


def _show_moved(context: Context, moved: Moved) -> None:
    loosens = bool(moved.compared and moved.compared.difference.loosened)
    words = f"{short_name(moved.move.address)}: {_headline(moved)}"
    say_wrapped(context, words, indent="      ", hang="        ", fg="red" if loosens else None)
    say_wrapped(context, moved.no_command, indent="        ")
    if moved.command:  # one line, so that it can be copied
        say(context, f"      → {safe(moved.command)}", fg="cyan")


def _headline(moved: Moved) -> str:
    return headline(moved.compared) if moved.compared else f"cannot be compared: {moved.problem}"


def _plain(found: Blame, moment: Moment) -> dict[str, Any]:
    served = found.served
    return {
        "environment": found.environment,
        "at": timestamp(found.at),
        "assumed": moment.assumed or None,
        "begin": timestamp(found.begin),
        "stale": found.stale or None,
        "damaged": dict(found.damaged),
        "sequence": served.change.sequence if served else None,
        "commit": served.change.commit if served else None,
        "serving": [
            {"address": address, **pin_json(pin)} for address, pin in (served.pins.items() if served else ())
        ],
        "changes": [_suspect(each) for each in found.suspects],
    }


def _suspect(suspect: Suspect) -> dict[str, Any]:
    return {**change_json(suspect.change), "moved": [_moved(each) for each in suspect.moved]}


def _moved(moved: Moved) -> dict[str, Any]:
    compared = moved.compared
    return {
        **moved.move.plain(),
        "headline": _headline(moved),
        "bump": compared.difference.bump if compared else None,
        "loosens": bool(compared and compared.difference.loosened),
        "command": moved.command or None,
        "no_command": moved.no_command or None,
    }
