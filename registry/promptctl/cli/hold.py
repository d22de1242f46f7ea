"""`promptctl hold`."""

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
    """Stop promotions of NAME, of NAME@VERSION, or of everything, in ENV.

    A version is held by its digest: under no other version does the same behaviour pass.

    \b
    promptctl hold support-answer@1.2.0 --env prod --reason "wrong prices"
    promptctl hold --env prod --reason "incident 4711"
    """
    from promptctl.services import hold

    request = hold.request(name or "", environment, reason, dry_run=dry_run)
    with context.repository() as repository:
        applied = hold.hold(repository, request, context.actor(repository))
    if context.output == "json":
        emit("hold", applied_json(applied))
        return
    what = name or "everything"
    if applied.plan.is_done:
        say(context, f"{what} is held already in {environment}: nothing to do")
    else:
        done = "is held" if applied.commit else "would be held"
        say(context, f"{what} {done} in {environment}", fg="green")
