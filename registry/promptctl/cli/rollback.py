"""`promptctl rollback`."""

from __future__ import annotations

import click

from promptctl.cli.context import Context, not_blank, verb
from promptctl.cli.output.plan import applied_json, show_plan
from promptctl.cli.output.text import emit, say
from promptctl.core.names import full_address
from promptctl.core.versions import Version
from promptctl.core.written import short


@verb
@click.argument("name")
@click.option("--env", "environment", required=True, metavar="ENV", help="Where to roll back.")
@click.option("--to", "version", metavar="X.Y.Z", help="To this earlier version instead of the one before.")
@click.option("--reason", required=True, callback=not_blank, help="Why; kept in the record and on the hold.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
def command(
    context: Context, name: str, environment: str, version: str | None, reason: str, *, dry_run: bool
) -> None:
    """Let an earlier release of NAME serve in ENV again.

    The digest that is taken out is held: nothing brings it back until `unhold`. Rolling back twice goes back
    twice. Needs only the environment's branch.

    \b
    promptctl rollback support-answer --env prod --reason "invents delivery dates"
    promptctl rollback support-answer --env prod --to 1.0.0 --reason "since 1.1 it is rude"
    """
    from promptctl.model.promotion import legible
    from promptctl.services import rollback

    wanted = Version.parse(version) if version else None
    request = rollback.Request(full_address(name), environment, wanted, legible(reason), dry_run)
    with context.repository() as repository:
        applied = rollback.rollback(repository, request, context.actor(repository))
    if context.output == "json":
        emit("rollback", applied_json(applied))
        return
    show_plan(context, applied.plan)
    if applied.plan.is_done:
        say(context, f"{environment} serves that already: nothing to do")
    if applied.commit is None:
        return
    new = set(applied.plan.lock.holds) - set(applied.plan.state.lock.holds)
    say(
        context, f"{environment} is at {applied.plan.lock.sequence} now ({short(applied.commit)})", fg="green"
    )
    for hold in new:
        say(context, f"held: {short(hold.value)}…, until promptctl unhold")
