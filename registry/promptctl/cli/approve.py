"""`promptctl approve`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.layout import wrapped
from promptctl.cli.output.text import emit, safe, say
from promptctl.core.names import short_name
from promptctl.core.written import counted, short

if TYPE_CHECKING:
    from promptctl.model.difference.change import Difference
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
    from dataclasses import asdict

    pin, gate = approved.serving, approved.gate
    return {
        "outcome": approved.outcome,
        "statement": approved.sha256,
        **asdict(approved.approval),
        "serving": {"version": pin.version, "digest": pin.digest} if pin else None,
        "bump": approved.difference.bump if approved.difference else None,
        "loosens": bool(approved.difference and approved.difference.loosened),
        "gate": {"result": gate.result, "reason": gate.reason, "hint": gate.hint} if gate else None,
    }


def _show(context: Context, approved: Approved) -> None:
    said = approved.approval
    say(context, f"{short_name(said.address)} {said.version}  for {said.environment}", bold=True)
    say(context, f"  digest     {said.digest}")
    _row(context, "changes", _changes(approved))
    if approved.difference is not None and approved.difference.changes:
        name = short_name(said.address)
        say(
            context, f"             promptctl diff {name}@{said.environment} {name}@{said.version}", fg="cyan"
        )
    if said.experiments:
        _row(context, "looked at", " ".join(map(short, said.experiments)))
    if said.reason:
        _row(context, "reason", said.reason)
    if approved.gate is not None:
        colour = "green" if approved.gate.result == "pass" else "yellow"
        first, *rest = approved.gate.reason.split("\n")
        _row(context, "gate then" if approved.outcome == "planned" else "gate", first, fg=colour)
        for line in rest:
            _row(context, "", line)
    words = {
        "approved": f"approved by {said.by} ({short(approved.sha256)})",
        "already": f"already approved by {said.by} at {said.at} ({short(approved.sha256)}): nothing to do",
        "planned": f"would be approved by {said.by}",
    }
    say(context, safe(words[approved.outcome]), fg="green")


def _row(context: Context, label: str, words: str, **style: Any) -> None:
    for line in wrapped(words, context.width, indent=f"  {label:<9}  ", hang=" " * 13):
        say(context, line, **style)


def _changes(approved: Approved) -> str:
    pin, difference = approved.serving, approved.difference
    if pin is None or difference is None:
        return f"nothing serves in {approved.approval.environment} yet: all of it is new"
    if not difference.changes:
        return f"none: {pin.version}, which serves there, has the same digest"
    return f"{_summed_up(difference)} since {pin.version}, which serves there"


def _summed_up(difference: Difference) -> str:
    """Return `3 changes (2 text, 1 policies; minor; LOOSENS POLICY)`."""
    sections = Counter(each.section for each in difference.changes)
    marks = dict.fromkeys(each.mark for each in difference.loosened)
    about = [", ".join(f"{number} {section}" for section, number in sections.items())]
    about += [difference.bump] if difference.bump else []
    return f"{counted(len(difference.changes), 'change')} ({'; '.join([*about, *marks])})"
