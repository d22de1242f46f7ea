"""`promptctl rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptctl.cli.context import Context, not_blank, verb
from promptctl.cli.output.plan import applied_json, show_plan
from promptctl.cli.output.text import emit, safe, say
from promptctl.core.names import full_address, short_name
from promptctl.core.versions import Version
from promptctl.core.written import short
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.core.lock import Lock
    from promptctl.services.environment_change import Applied
    from promptctl.services.rollback import Request, WholeRequest


@verb
@click.argument("name", required=False)
@click.option("--env", "environment", required=True, metavar="ENV", help="Where to roll back.")
@click.option("--all", "everything", is_flag=True, help="The whole environment, to what it was at --to.")
@click.option("--to", metavar="STATE", help="An earlier version; with --all a commit or a number of history.")
@click.option("--reason", required=True, callback=not_blank, help="Why; kept in the record and on the hold.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
def command(
    context: Context,
    name: str | None,
    environment: str,
    to: str | None,
    reason: str,
    *,
    everything: bool,
    dry_run: bool,
) -> None:
    """Let an earlier release of NAME serve in ENV again, or with --all everything that served there.

    The digest that is taken out is held: nothing brings it back until `unhold`. Rolling back twice goes back
    twice. Needs only the environment's branch.

    \b
    promptctl rollback support-answer --env prod --reason "invents delivery dates"
    promptctl rollback support-answer --env prod --to 1.0.0 --reason "since 1.1 it is rude"
    promptctl rollback --all --env prod --to 41 --reason "back to Friday"
    """
    from promptctl.services import rollback

    request = _request(name, environment, to, reason, everything=everything, dry_run=dry_run)
    with context.repository() as repository:
        applied = rollback.rollback(repository, request, context.actor(repository))
    if context.output == "json":
        emit("rollback", applied_json(applied))
    else:
        _show(context, applied, environment)


def _request(
    name: str | None, environment: str, to: str | None, reason: str, *, everything: bool, dry_run: bool
) -> Request | WholeRequest:
    from promptctl.model.promotion import legible
    from promptctl.services.rollback import Request, WholeRequest

    if bool(name) == everything:
        raise UsageError("say what to roll back", hint="promptctl rollback NAME …, or --all --to COMMIT …")
    if name:
        wanted = Version.parse(to) if to else None
        return Request(full_address(name), environment, wanted, legible(reason), dry_run)
    if not to:
        raise UsageError(
            "--all needs --to: which state to go back to",
            hint=f"promptctl history --env {environment} shows its numbers and commits",
        )
    return WholeRequest(environment, to, legible(reason), dry_run)


def _show(context: Context, applied: Applied, environment: str) -> None:
    if applied.plan.is_done:
        say(context, f"{environment} serves that already: nothing to do")
        return
    show_plan(context, applied.plan)
    if applied.commit is None:
        return
    lock, before = applied.plan.lock, applied.plan.state.lock
    say(context, f"{environment} is at {lock.sequence} now ({short(applied.commit)})", fg="green")
    for hold in lock.holds:
        if hold not in before.holds:
            say(context, f"held: {_release(before, hold.value)}, until promptctl unhold")


def _release(lock: Lock, digest: str) -> str:
    address, version = lock.release_of(digest) or ("", short(digest))
    return safe(f"{short_name(address)} {version}".strip())
