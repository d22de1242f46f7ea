"""`promptctl status`: what serves where, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptctl.cli.context import Context, verb
from promptctl.cli.output.serving import note_gaps, pin_json
from promptctl.cli.output.text import emit
from promptctl.core.names import full_address
from promptctl.core.written import timestamp

if TYPE_CHECKING:
    from promptctl.services.status import Status, Waiting


@verb
@click.argument("name", required=False)
@click.option("--offline", is_flag=True, help="Show what was last fetched; ask nobody.")
@click.option("--exit-code", is_flag=True, help="Exit 1 where something is wrong: drift, or damage.")
def command(context: Context, name: str | None, *, offline: bool, exit_code: bool) -> int:
    """Show what serves where, what waits on which gate, what is held, waived, frozen, or drifted.

    What waits and what is held is how releases are: it is no reason to exit with 1.

    \b
    promptctl status
    promptctl status support-answer
    promptctl status --offline --exit-code
    """
    from promptctl.cli.output.status import ROWS, show
    from promptctl.services import status

    wanted = full_address(name) if name else ""
    is_json = context.output == "json"
    with context.repository() as repository:
        asked = status.Asked(context.now, wanted, None if is_json else ROWS, offline)
        found = status.status(repository, asked, lambda: context.actor(repository))
    if is_json:
        emit("status", _plain(context, found))
    else:
        show(context, found)
    note_gaps(context, found.damaged)
    return int(exit_code and found.is_wrong)


def _plain(context: Context, found: Status) -> dict[str, Any]:
    return {
        "as_of": timestamp(context.now),
        "stale": found.stale or None,
        "gates": "enforced" if found.is_enforced else "advisory",
        "damaged": dict(found.damaged),
        "environments": [_environment(found, each.environment) for each in found.environments],
        "artifacts": [
            {
                "address": address,
                "pins": {
                    each.environment: pin_json(pin)
                    for each in found.environments
                    if (pin := each.pins.get(address))
                },
            }
            for address in found.shown
        ],
        "waiting": [_waiting(each) for each in found.waiting],
        "drift": [each._asdict() for each in found.drift],
        "waivers": [{"environment": name, **waiver._asdict()} for name, waiver in found.waivers],
    }


def _environment(found: Status, name: str) -> dict[str, Any]:
    serving = next(each for each in found.environments if each.environment == name)
    change, signature = found.changes.get(name), found.signatures.get(name)
    frozen = next((each for each in found.frozen if each.environment == name), None)
    until = timestamp(frozen.until) if frozen and frozen.until else None
    return {
        "name": name,
        "sequence": serving.sequence,
        "head": found.heads.get(name),
        "holds": [
            {key: getattr(hold, key) for key in ("scope", "value", "reason", "by", "since")}
            for hold in serving.holds
        ],
        "changed": {key: getattr(change, key) for key in ("action", "by", "at", "reason")}
        if change
        else None,
        "signer": signature.principal if signature else None,
        "frozen": {"reason": frozen.reason, "until": until} if frozen else None,
    }


def _waiting(waiting: Waiting) -> dict[str, Any]:
    gates = waiting.gates
    keys = ("gate", "result", "reason", "hint")
    return {
        "address": waiting.address,
        "version": waiting.version,
        "environment": waiting.environment,
        "after": waiting.after,
        "serves": waiting.serves,
        "gates": None if gates is None else [{key: getattr(each, key) for key in keys} for each in gates],
        "problem": waiting.problem or None,
    }
