"""`promptctl history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.change import change_json, show_change
from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.serving import note_gaps, pin_json
from promptctl.cli.output.text import columns, emit, safe, say
from promptctl.core.names import full_address, short_name
from promptctl.core.written import timestamp
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.core.moments import Moment
    from promptctl.services.history import AtTime, History, Then
    from promptctl.store.releases import Tag


@verb
@click.argument("name", required=False)
@click.option("--env", "environment", metavar="ENV", help="Every change of this environment.")
@click.option("--at", metavar="TIME", help="What served then: ISO 8601, 2026-11-22T14:30:00+01:00.")
@click.option("--offline", is_flag=True, help="Show what was last fetched; ask nobody.")
def command(
    context: Context, name: str | None, environment: str | None, at: str | None, *, offline: bool
) -> None:
    """Show who moved what, when, why and on which evidence: of one release's NAME, or of an environment.

    With --at, show what served at that time instead. A time without a zone is UTC; a date alone is the end of
    that day. The numbers (#3) and commits are what `rollback --all --to` takes.

    \b
    promptctl history support-answer
    promptctl history --env prod
    promptctl history --env prod --at 2026-11-20T09:00:00+01:00
    promptctl history support-answer --at 2026-11-20
    """
    if bool(name) == bool(environment):
        raise UsageError("say whose history", hint="promptctl history NAME, or --env ENV")
    address = full_address(name) if name else ""
    if at:
        _at_time(context, at, environment=environment or "", address=address, offline=offline)
    else:
        _changes(context, environment or "", address, offline=offline)


def _changes(context: Context, environment: str, address: str, *, offline: bool) -> None:
    from promptctl.services import history

    with context.repository() as repository:
        if environment:
            found = history.of_environment(repository, environment, offline=offline)
        else:
            found = history.of_address(repository, address, offline=offline)
    if context.output == "json":
        emit("history", _plain(found))
        return
    _show(context, found, address)
    note_gaps(context, found.damaged, found.stale)


def _at_time(context: Context, at: str, *, environment: str, address: str, offline: bool) -> None:
    from promptctl.core import moments
    from promptctl.services import history

    moment = moments.parse(at, now=context.now)
    with context.repository() as repository:
        found = history.at_time(
            repository, moment.at, environment=environment, address=address, offline=offline
        )
    if context.output == "json":
        served = [_then(each) for each in found.served]
        about = {"stale": found.stale or None, "damaged": dict(found.damaged)}
        emit(
            "history",
            {"at": timestamp(moment.at), "assumed": moment.assumed or None, "served": served, **about},
        )
        return
    _show_at(context, found, moment, address)
    note_gaps(context, found.damaged, found.stale)


def _show(context: Context, found: History, address: str) -> None:
    for tag in found.releases:
        release = tag.release
        head = f"{release.version}  {_when(tag) or '?'}  {tag.by or '?'}"
        say_wrapped(context, head, hang="  ", bold=True)
        say(context, f"  digest {release.digest}")
        say(context, f"  source {release.source_commit}")
        for line in tag.notes.splitlines():
            say_wrapped(context, line, indent="  ")
    if found.releases and found.changes:
        say(context)
    for change in found.changes:
        show_change(context, change, place=f"{change.environment} " if address else "", address=address)


def _show_at(context: Context, found: AtTime, moment: Moment, address: str) -> None:
    served = [each for each in found.served if each.pins]
    if not served:
        say(
            context,
            f"at {moment} {short_name(address) or 'nothing'} {'did not serve' if address else 'served'}",
        )
        return
    say(context, f"what served at {moment}:", bold=True)
    for then in served:
        say(context)
        say(context, f"{then.change.environment}  #{then.change.sequence}", bold=True)
        rows = [(safe(short_name(key)), pin.version, f"since {pin.since}") for key, pin in then.pins.items()]
        for line, pin in zip(columns(rows, indent=2), then.pins.values(), strict=True):
            say_wrapped(context, f"{line}  by {pin.by}", hang="    ")


def _when(tag: Tag) -> str | None:
    return timestamp(tag.at) if tag.at else None


def _then(then: Then) -> dict[str, Any]:
    change = then.change
    return {
        "environment": change.environment,
        "sequence": change.sequence,
        "commit": change.commit,
        "pins": {address: pin_json(pin) for address, pin in then.pins.items()},
    }


def _plain(found: History) -> dict[str, Any]:
    return {
        "stale": found.stale or None,
        "damaged": dict(found.damaged),
        "releases": [
            {
                "version": str(each.release.version),
                "digest": each.release.digest,
                "commit": each.release.commit,
                "source_commit": each.release.source_commit,
                "by": each.by or None,
                "at": _when(each),
                "notes": each.notes,
            }
            for each in found.releases
        ],
        "changes": [change_json(each) for each in found.changes],
    }
