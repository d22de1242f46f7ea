"""`promptctl waive`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, not_blank, verb
from promptctl.cli.output.said import gate_json, row, said_json, show_gate, show_outcome, show_release
from promptctl.cli.output.text import emit

if TYPE_CHECKING:
    from promptctl.services.waive import Waived


@verb
@click.argument("name", metavar="NAME@VERSION")
@click.option("--for", "environment", required=True, metavar="ENV", help="Where it may serve.")
@click.option(
    "--gate", "gates", required=True, multiple=True, metavar="GATE", help="Which gate need not pass."
)
@click.option("--reason", required=True, callback=not_blank, help="Why; kept in the record.")
@click.option("--dry-run", is_flag=True, help="Say what would be waived, and sign nothing.")
def command(
    context: Context, name: str, environment: str, gates: tuple[str, ...], reason: str, *, dry_run: bool
) -> None:
    """Let a release past a gate of ENV, signed, for whoever promotes it.

    The waiver is for the digest. It serves one promotion, within a day: once the name moves in ENV, it is
    spent. `waivers` in promptctl.yaml of the default branch says who may.
    Who promotes too says the same with promptctl promote --waive.

    \b
    promptctl waive support-answer@1.3.0 --for prod --gate freeze --reason "stops a leak"
    promptctl waive support-answer@1.3.0 --for prod --gate soak --reason "stops a leak" --dry-run
    """
    from promptctl.services import waive

    request = waive.request(name, environment, gates, reason, dry_run=dry_run)
    with context.repository() as repository:
        waived = waive.waive(repository, request, context.actor(repository))
    if context.output == "json":
        emit("waive", _plain(waived))
    else:
        _show(context, waived)


def _plain(waived: Waived) -> dict[str, Any]:
    return {**said_json(waived, waived.waiver), "until": waived.until, "gate_says": gate_json(waived.gate)}


def _show(context: Context, waived: Waived) -> None:
    said = waived.waiver
    show_release(context, waived, said)
    row(context, "gate", said.gate, fg="red")
    if waived.gate is not None:
        show_gate(
            context, "it says", replace(waived.gate, reason=f"{waived.gate.result}: {waived.gate.reason}")
        )
    row(context, "reason", said.reason)
    row(context, "counts", f"for one promotion, until {waived.until}")
    show_outcome(context, waived, said, "waived")
