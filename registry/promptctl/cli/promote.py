"""`promptctl promote`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.plan import applied_json, show_plan
from promptctl.cli.output.progress import Progress
from promptctl.cli.output.text import emit, note, safe, say
from promptctl.core.names import Ref, short_name
from promptctl.core.written import short
from promptctl.errors import StoppedError, UsageError
from promptctl.gates.result import GateResult, hints

if TYPE_CHECKING:
    from promptctl.services.environment_change import Applied
    from promptctl.services.promote import Request

POLL_S = 10.0


@verb
@click.argument("names", nargs=-1, metavar="NAME[@VERSION]…")
@click.option("--to", "environment", required=True, metavar="ENV", help="Where it should serve.")
@click.option(
    "--all", "everything", is_flag=True, help="Everything that differs from the environment before."
)
@click.option("--reason", default="", help="Why; kept in the record.")
@click.option(
    "--waive", multiple=True, metavar="GATE", help="Go past a gate, with a reason: signed and recorded."
)
@click.option("--wait", is_flag=True, help="Wait while only time or approvals are missing.")
@click.option("--dry-run", is_flag=True, help="Ask the gates, and write nothing.")
def command(context: Context, names: tuple[str, ...], environment: str, *, wait: bool, **options: Any) -> int:
    """Let releases serve in ENV: one commit for all that are named, or none of them.

    Without a version: what serves the environment before it, or the newest release where there is
    none before.

    \b
    promptctl promote support-answer --to staging
    promptctl promote support-answer@1.2.0 order-number --to prod
    promptctl promote --all --to prod --dry-run
    promptctl promote support-answer --to prod --wait
    promptctl promote support-answer --to prod --waive soak --reason "stops a leak"
    """
    from promptctl.services import promote

    request = _request(names, environment, **options)
    if wait and request.dry_run:
        raise UsageError("a dry run waits for nothing", hint="leave --wait or --dry-run out")
    progress = Progress(context)
    while True:
        with context.repository() as repository:
            applied = promote.promote(repository, request, context.actor(repository))
        if not (wait and promote.is_worth_waiting(applied.plan)):
            progress.end()
            return _show(context, applied)
        progress.show("waiting  " + ", ".join(_words(each) for each in applied.plan.stopping))
        context.wait(POLL_S)


def _request(
    names: tuple[str, ...],
    environment: str,
    *,
    everything: bool,
    reason: str,
    waive: tuple[str, ...],
    dry_run: bool,
) -> Request:
    from promptctl.model.promotion import legible
    from promptctl.services.promote import Request

    if bool(names) == everything:
        raise UsageError("say what to promote", hint="promptctl promote NAME… --to ENV, or --all --to ENV")
    if waive and not reason.strip():
        raise UsageError("a gate is waived for a reason", hint=f'--waive {waive[0]} --reason "why"')
    refs = [Ref.parse(each) for each in dict.fromkeys(names)]
    if any(each.environment or each.revision or not each.address for each in refs):
        raise UsageError("a release is promoted by name or by name and version", hint="NAME or NAME@1.2.0")
    named = {each.address: each.version for each in refs}
    if len(named) < len(refs):
        raise UsageError("one name stands there with two versions", hint="name each release once")
    return Request(
        environment,
        tuple(named.items()),
        all=everything,
        reason=legible(reason),
        waive=tuple(dict.fromkeys(waive)),
        dry_run=dry_run,
    )


def _words(gate: GateResult) -> str:
    first = gate.reason.partition("\n")[0]
    return f"{short_name(gate.address)}: {gate.gate}: {first}"


def _show(context: Context, applied: Applied) -> int:
    """Print the plan and what became of it; a gate that did not pass is exit code 1."""
    plan, environment = applied.plan, applied.plan.state.environment
    if context.output == "json":
        emit("promote", applied_json(applied))
    else:
        show_plan(context, plan)
        if plan.is_done:
            say(context, f"{environment} serves that already: nothing to do")
        elif applied.commit:
            sequence = plan.lock.sequence
            say(context, f"{environment} is at {sequence} now ({short(applied.commit)})", fg="green")
    if not plan.is_blocked:
        return 0
    failed = ", ".join(dict.fromkeys(each.gate for each in plan.stopping))
    error = StoppedError(
        f"{environment} was not changed: {failed} did not pass", hint=next(iter(hints(plan.stopping)), "")
    )
    if context.output != "json":
        raise error
    # One document on standard output: the plan says which gate did not pass, and why.
    note(context, f"error: {safe(error.message)}")
    return error.exit_code
