"""`promptctl unhold`."""

from __future__ import annotations

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.plan import applied_json
from promptctl.cli.output.text import emit, say
from promptctl.core.names import Ref
from promptctl.errors import UsageError


@verb
@click.argument("name", required=False, metavar="[NAME[@VERSION]]")
@click.option("--env", "environment", required=True, metavar="ENV", help="Where.")
@click.option("--reason", required=True, help="Why; kept in the record.")
def command(context: Context, name: str | None, environment: str, reason: str) -> None:
    """Take a hold away, so that promotions go on.

    \b
    promptctl unhold support-answer@1.2.0 --env prod --reason "prices are right again"
    promptctl unhold --env prod --reason "incident 4711 is over"
    """
    from promptctl.services import hold

    ref = Ref.parse(name) if name else None
    if ref and (ref.environment or ref.revision):
        raise UsageError("a hold is on a name or on a version", hint="NAME, or NAME@1.2.0")
    address, version = (ref.address, ref.version) if ref else ("", None)
    request = hold.Request(environment, address, version, reason)
    with context.repository() as repository:
        applied = hold.unhold(repository, request, context.actor(repository))
    if context.output == "json":
        emit("unhold", applied_json(applied))
    else:
        say(context, f"{f'{name} is' if name else 'everything is'} no longer held in {environment}", fg="green")
