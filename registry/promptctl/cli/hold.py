"""`promptctl hold`, and the shape that it shares with `unhold`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import click

from promptctl.cli.context import Command, Context, not_blank, verb
from promptctl.cli.output.plan import applied_json
from promptctl.cli.output.text import emit, safe, say


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of the thing that was named: done now, in a dry run, or long ago."""

    done: str
    planned: str
    already: str


def options(function: Command) -> Command:
    """Give a verb what is held or let go, where and why."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing."),
        click.option("--reason", required=True, callback=not_blank, help="Why; kept in the record."),
        click.option("--env", "environment", required=True, metavar="ENV", help="Where."),
        click.argument("name", required=False, metavar="[NAME[@VERSION]]"),
    ):
        function = option(function)
    return function


def change(
    context: Context,
    action: Literal["hold", "unhold"],
    words: Words,
    *,
    name: str | None,
    environment: str,
    reason: str,
    dry_run: bool,
) -> None:
    """Put or take away a hold, and say what became of it."""
    from promptctl.services import hold

    request = hold.request(name or "", environment, reason, dry_run=dry_run)
    act = hold.hold if action == "hold" else hold.unhold
    with context.repository() as repository:
        applied = act(repository, request, context.actor(repository))
    if context.output == "json":
        emit(action, applied_json(applied))
        return
    what = safe(name or "everything")
    if applied.plan.is_done:
        say(context, f"{what} {words.already} in {environment}: nothing to do")
    else:
        say(context, f"{what} {words.done if applied.commit else words.planned} in {environment}", fg="green")


@verb
@options
def command(context: Context, name: str | None, environment: str, reason: str, *, dry_run: bool) -> None:
    """Stop promotions of NAME, of NAME@VERSION, or of everything, in ENV.

    A version is held by its digest: under no other version does the same behaviour pass. A rollback puts such
    a hold on what it takes out.

    \b
    promptctl hold support-answer@1.2.0 --env prod --reason "wrong prices"
    promptctl hold --env prod --reason "incident 4711"
    """
    words = Words("is held", "would be held", "is held already")
    change(context, "hold", words, name=name, environment=environment, reason=reason, dry_run=dry_run)
