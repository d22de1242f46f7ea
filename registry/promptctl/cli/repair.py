"""`promptctl repair`."""

from __future__ import annotations

import click

from promptctl.cli.context import Context, not_blank, verb
from promptctl.cli.output.plan import applied_json
from promptctl.cli.output.text import emit, say
from promptctl.core.written import short


@verb
@click.option("--env", "environment", required=True, metavar="ENV", help="Which environment.")
@click.option("--sequence", required=True, type=int, metavar="N", help="The number that it gets.")
@click.option("--reason", required=True, callback=not_blank, help="Why; kept in the record.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
def command(context: Context, environment: str, sequence: int, reason: str, *, dry_run: bool) -> None:
    """Give ENV a higher number after its branch was restored from a backup.

    Runtimes never go back: they adopt nothing from a restored branch until its number is above every number
    that they have seen. What serves stays as it is. N must be above what is there, and above what this clone
    has ever seen there. Where somebody wrote over the lock by hand, what the last readable one said is
    written again.

    \b
    promptctl repair --env prod --sequence 120 --reason "restored the backup of Friday"
    """
    from promptctl.model.promotion import legible
    from promptctl.services import repair

    request = repair.Request(environment, sequence, legible(reason), dry_run)
    with context.repository() as repository:
        applied = repair.repair(repository, request, context.actor(repository))
    if context.output == "json":
        emit("repair", applied_json(applied))
    elif applied.commit is None:
        say(context, f"{environment} would go from {applied.plan.state.lock.sequence} to {sequence}")
    else:
        was, commit = applied.plan.state.lock.sequence, short(applied.commit)
        say(context, f"{environment} is at {sequence} now, and was at {was} ({commit})", fg="green")
