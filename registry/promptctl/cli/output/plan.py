"""How a change of an environment is shown: what moves, what every gate says, what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.text import columns, say
from promptctl.core.names import short_name

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.services.environment_change import Applied, Plan

_MARKS = {"pass": ("✓", "green"), "fail": ("✗", "red"), "inconclusive": ("?", "yellow")}


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return what moves and what the gates say."""
    return {
        "environment": plan.state.environment,
        "action": plan.promotion.action,
        "changes": [each.plain() for each in plan.promotion.changes],
        "gates": [
            {
                "gate": each.gate,
                "address": each.address,
                "result": each.result,
                "reason": each.reason,
                "hint": each.hint,
                "evidence": list(each.evidence),
            }
            for each in plan.gates
        ],
        "waivers": [
            {"gate": each.gate, "address": each.address, "reason": each.reason, "by": each.by}
            for each in plan.waivers
        ],
    }


def applied_json(applied: Applied) -> dict[str, Any]:
    """Return a plan and what became of it: `done`, `already-done`, `blocked`, or only `planned`."""
    plan = applied.plan
    outcome = "done" if applied.commit else "planned"
    if plan.is_blocked or plan.is_done:
        outcome = "blocked" if plan.is_blocked else "already-done"
    sequence = plan.state.lock.sequence if applied.commit is None else plan.lock.sequence
    return {**plan_json(plan), "outcome": outcome, "commit": applied.commit, "sequence": sequence}


def show_plan(context: Context, plan: Plan) -> None:
    """Print each address that moves with its gates below it."""
    from promptctl.services.promote import is_downgrade

    for move in plan.promotion.changes:
        name = short_name(move.address)
        after = move.after or "nothing"
        way = f"{move.before} → {after}" if move.before else after
        note = "   a downgrade" if plan.promotion.action == "promote" and is_downgrade(move) else ""
        say(context, f"{name}  {way}  in {plan.state.environment}{note}", bold=True)
        _show_gates(context, plan, move.address)


def _show_gates(context: Context, plan: Plan, address: str) -> None:
    gates = [each for each in plan.gates if each.address == address]
    names = columns([(each.gate,) for each in gates])
    width = max(map(len, names), default=0)
    for gate, name in zip(gates, names, strict=True):
        waiver = next(
            (each for each in plan.waivers if (each.address, each.gate) == (address, gate.gate)), None
        )
        mark, colour = ("!", "red") if waiver else _MARKS[gate.result]
        first, *rest = gate.reason.split("\n")
        indent = " " * (width + 6)
        say_wrapped(context, first, indent=f"  {mark} {name.ljust(width)}  ", hang=indent, fg=colour)
        for line in rest:
            say_wrapped(context, line, indent=indent)
        if waiver:
            words = f"waived by {waiver.by}: {waiver.reason}"
            say_wrapped(context, words, indent=indent, fg="red")
            continue
        say_wrapped(context, gate.hint, indent=f"{indent}→ ", hang=f"{indent}  ", fg="cyan")
