"""`promptctl unhold`."""

from __future__ import annotations

import click

from promptctl.cli.context import Context, not_blank, verb
from promptctl.cli.output.plan import applied_json
from promptctl.cli.output.text import emit, say


@verb
@click.argument("name", required=False, metavar="[NAME[@VERSION]]")
@click.option("--env", "environment", required=True, metavar="ENV", help="Where.")
@click.option("--reason", required=True, callback=not_blank, help="Why; kept in the record.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
def command(context: Context, name: str | None, environment: str, reason: str, *, dry_run: bool) -> None:
    """Take a hold away, so that promotions go on.

    \b
    promptctl unhold support-answer@1.2.0 --env prod --reason "prices are right again"
    promptctl unhold --env prod --reason "incident 4711 is over"
    """
    from promptctl.services import hold

    request = hold.request(name or "", environment, reason, dry_run=dry_run)
    with context.repository() as repository:
        applied = hold.unhold(repository, request, context.actor(repository))
    if context.output == "json":
        emit("unhold", applied_json(applied))
        return
    what = name or "everything"
    if applied.plan.is_done:
        say(context, f"{what} is not held in {environment}: nothing to do")
    else:
        done = "is no longer held" if applied.commit else "would be held no longer"
        say(context, f"{what} {done} in {environment}", fg="green")
