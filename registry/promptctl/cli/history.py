"""`promptctl history`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, timestamp, verb
from promptctl.cli.output.text import columns, emit, note, safe, say
from promptctl.core.names import full_address
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.services.history import Change, History, ReleaseEntry


@verb
@click.argument("name", required=False)
@click.option("--env", "environment", metavar="ENV", help="Every change of this environment.")
def command(context: Context, name: str | None, environment: str | None) -> None:
    """Show who moved what, when and why: of one release's NAME, or of an environment.

    \b
    promptctl history support-answer
    promptctl history --env prod
    """
    from promptctl.services import history

    if bool(name) == bool(environment):
        raise UsageError("say whose history", hint="promptctl history NAME, or --env ENV")
    with context.repository() as repository:
        if environment:
            found = history.of_environment(repository, environment)
        else:
            found = history.of_address(repository, full_address(str(name)))
    if context.output == "json":
        emit("history", _plain(found))
    else:
        _show(context, found, with_environment=not environment)


def _show(context: Context, found: History, *, with_environment: bool) -> None:
    for release in found.releases:
        who, when = _tagger(release)
        say(context, f"{release.version}  {when}  {safe(who)}", bold=True)
        say(context, f"  digest  {release.digest}")
        say(context, f"  source  {release.source_commit}")
        for line in safe(release.notes).splitlines():
            say(context, f"  {line}")
    if found.releases and found.changes:
        say(context)
    rows = [_row(each, with_environment=with_environment) for each in found.changes]
    for change, line in zip(found.changes, columns(rows), strict=True):
        colour = {"rollback": "red", "hold": "yellow"}.get(
            change.promotion.action if change.promotion else "", ""
        )
        say(context, line, **({"fg": colour} if colour else {}))
        if change.promotion and change.promotion.reason:
            say(context, f"    {safe(change.promotion.reason)}")
    if found.stale:
        note(context, f"as last fetched: {safe(found.stale)}")


def _row(change: Change, *, with_environment: bool) -> list[str]:
    place = [change.environment] if with_environment else []
    if change.promotion is None:
        return [*place, f"{change.sequence:>3}", "?", f"cannot be read: {safe(change.damage)}", ""]
    record = change.promotion
    return [*place, f"{change.sequence:>3}", safe(record.at), safe(record.title), safe(record.by)]


def _tagger(release: ReleaseEntry) -> tuple[str, str]:
    who, _, moment = release.tagger.rpartition("> ")
    seconds = moment.split(" ")[0]
    when = timestamp(datetime.fromtimestamp(int(seconds), UTC)) if seconds.isdigit() else "?"
    return who.rpartition("<")[2], when


def _plain(found: History) -> dict[str, Any]:
    return {
        "stale": found.stale or None,
        "releases": [
            {
                "version": str(each.version),
                "digest": each.digest,
                "commit": each.commit,
                "source_commit": each.source_commit,
                "by": _tagger(each)[0],
                "at": _tagger(each)[1],
                "notes": each.notes,
            }
            for each in found.releases
        ],
        "changes": [_change(each) for each in found.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "environment": change.environment,
        "sequence": change.sequence,
        "commit": change.commit,
        "damage": change.damage or None,
    }
    record = change.promotion
    if record is None:
        return plain
    moves = [{"address": each.address, "from": each.before, "to": each.after} for each in record.changes]
    gates = [dict(each) for each in record.gates]
    return {
        **plain,
        "action": record.action,
        "at": record.at,
        "by": record.by,
        "reason": record.reason,
        "changes": moves,
        "gates": gates,
    }
