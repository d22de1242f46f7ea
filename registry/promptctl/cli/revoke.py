"""`promptctl revoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, not_blank, verb
from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.text import emit, safe, say
from promptctl.core.names import short_name
from promptctl.core.written import short

if TYPE_CHECKING:
    from promptctl.services.revoke import Revoked


@verb
@click.argument("statement", metavar="ID")
@click.option("--reason", required=True, callback=not_blank, help="Why; kept in the statement.")
@click.option("--dry-run", is_flag=True, help="Say what would be revoked, and sign nothing.")
def command(context: Context, statement: str, reason: str, *, dry_run: bool) -> None:
    """Take the effect of a statement away: of an approval, a waiver, an experiment.

    ID is the first digits of its name. Gates no longer count it; what serves already goes on serving. Whoever
    revoked something, and nobody else, takes that back by revoking the revocation.

    \b
    promptctl revoke 9a31c7de --reason "approved the wrong version"
    promptctl revoke 4f1c09aa --reason "the dataset leaked into the prompt" --dry-run
    """
    from promptctl.model.promotion import legible
    from promptctl.services import revoke

    with context.repository() as repository:
        actor = context.actor(repository)
        revoked = revoke.revoke(repository, statement, legible(reason), actor, dry_run=dry_run)
    if context.output == "json":
        emit("revoke", _plain(revoked))
    else:
        _show(context, revoked)


def _plain(revoked: Revoked) -> dict[str, Any]:
    return {
        "outcome": revoked.outcome,
        "statement": revoked.revocation.statement,
        "revocation": revoked.sha256,
        "by": revoked.revocation.by,
        "at": revoked.revocation.at,
        "reason": revoked.revocation.reason,
        "was": _was(revoked),
    }


def _was(revoked: Revoked) -> dict[str, Any]:
    """Return what was revoked. What a kind of statement does not say is None."""
    from promptctl.core.written import timestamp
    from promptctl.model.statements import made_at, word_of

    was = revoked.statement
    return {
        "kind": word_of(was),
        "address": was.address,
        "digest": was.digest,
        "version": getattr(was, "version", None),
        "environment": getattr(was, "environment", None),
        "gate": getattr(was, "gate", None),
        "suite": getattr(was, "suite", None),
        "statement": getattr(was, "statement", None),
        "by": getattr(was, "by", None),
        "signer": revoked.signer,
        "at": timestamp(made_at(was)),
        "reason": getattr(was, "reason", ""),
    }


def _show(context: Context, revoked: Revoked) -> None:
    said = revoked.revocation
    say_wrapped(context, _words(_was(revoked)), hang="  ")
    words = {
        "revoked": f"revoked by {said.by} ({short(revoked.sha256)}): no gate counts it any more",
        "already": f"already revoked by {said.by} at {said.at}: {said.reason}",
        "planned": f"would be revoked by {said.by}",
    }
    say(context, safe(words[revoked.outcome]), fg="green")


def _words(was: dict[str, Any]) -> str:
    """Return what was revoked: `approval of hello 1.2.0 for prod, by ada@acme.example at …: reason`."""
    what = f"{was['kind']} of {short_name(was['address'])} {was['version'] or short(was['digest'])}"
    what += f" for {was['environment']}" if was["environment"] else ""
    what += f", gate {was['gate']}" if was["gate"] else ""
    what += f" by {was['suite']}" if was["suite"] else ""
    what += f", of the statement {short(was['statement'])}" if was["statement"] else ""
    by = was["by"] or was["signer"]
    what += f", by {by}" if by else ""
    what += "" if was["signer"] else " (not soundly signed)"
    return f"{what} at {was['at']}" + (f": {was['reason']}" if was["reason"] else "")
