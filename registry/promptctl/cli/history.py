"""`promptctl history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.text import columns, emit, note, safe, say
from promptctl.cli.workspace import damage
from promptctl.core.names import full_address
from promptctl.core.written import timestamp
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.services.history import Change, History
    from promptctl.store.releases import Tag


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
    for tag in found.releases:
        release = tag.release
        say(context, f"{release.version}  {_when(tag) or '?'}  {safe(tag.by) or '?'}", bold=True)
        say(context, f"  digest  {release.digest}")
        say(context, f"  source  {release.source_commit}")
        for line in safe(tag.notes).splitlines():
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
    for line in damage(found.damaged):
        note(context, line)
    if found.stale:
        note(context, f"as last fetched: {safe(found.stale)}")


def _row(change: Change, *, with_environment: bool) -> list[str]:
    place = [change.environment] if with_environment else []
    if change.promotion is None:
        return [*place, f"{change.sequence:>3}", "?", f"cannot be read: {safe(change.damage)}", ""]
    record = change.promotion
    return [*place, f"{change.sequence:>3}", safe(record.at), safe(record.title), safe(record.by)]


def _when(tag: Tag) -> str | None:
    return timestamp(tag.at) if tag.at else None


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
