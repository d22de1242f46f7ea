"""`promptctl approve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.said import gate_json, row, said_json, show_gate, show_outcome, show_release
from promptctl.cli.output.text import emit
from promptctl.core.written import short

if TYPE_CHECKING:
    from promptctl.services.approve import Approved


@verb
@click.argument("name", metavar="NAME@VERSION")
@click.option("--for", "environment", required=True, metavar="ENV", help="Where it may serve.")
@click.option("--reason", default="", help="Why; kept in the statement.")
@click.option(
    "--experiment",
    "experiments",
    multiple=True,
    metavar="ID",
    help="An experiment that you looked at, by the first digits of its name; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be approved, and sign nothing.")
def command(
    context: Context,
    name: str,
    environment: str,
    reason: str,
    experiments: tuple[str, ...],
    *,
    dry_run: bool,
) -> None:
    """Say, signed, that a release may serve in ENV.

    The approval is for the digest: it counts under every version with the same behaviour, and for no other.
    It needs a signing key: promptctl init --signing.

    \b
    promptctl approve support-answer@1.3.0 --for prod
    promptctl approve support-answer@1.3.0 --for prod --reason "read the ten worst cases"
    promptctl approve support-answer@1.3.0 --for prod --experiment 4f1c09aa
    """
    from promptctl.services import approve

    request = approve.request(name, environment, reason, experiments, dry_run=dry_run)
    with context.repository() as repository:
        approved = approve.approve(repository, request, context.actor(repository))
    if context.output == "json":
        emit("approve", _plain(approved))
    else:
        _show(context, approved)


def _plain(approved: Approved) -> dict[str, Any]:
    return {
        **said_json(approved, approved.approval),
        "gate": gate_json(approved.gate),
        "policy_loosened": gate_json(approved.loosened),
    }


def _show(context: Context, approved: Approved) -> None:
    said = approved.approval
    show_release(context, approved, said)
    if said.experiments:
        row(context, "looked at", " ".join(map(short, said.experiments)))
    if said.reason:
        row(context, "reason", said.reason)
    if approved.gate is not None:
        show_gate(context, "gate then" if approved.outcome == "planned" else "gate", approved.gate)
    if approved.loosened is not None:
        show_gate(context, "loosened", approved.loosened)
    show_outcome(context, approved, said, "approved")
