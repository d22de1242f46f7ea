"""How one change of an environment is shown: what moved, when, by whom, why, past which gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptctl.cli.output.layout import say_wrapped
from promptctl.core.names import short_name
from promptctl.core.written import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promptctl.cli.context import Context
    from promptctl.model.promotion import Promotion
    from promptctl.services.history import Change, Held

_COLOURS = {"rollback": "red", "hold": "yellow", "repair": "yellow"}
_MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?"}
_MOVES = 10
_INDENT = " " * 6


def change_json(change: Change) -> dict[str, Any]:
    """Return a change with its whole record; of one that cannot be read only where it is, and why."""
    plain: dict[str, Any] = {
        "environment": change.environment,
        "sequence": change.sequence,
        "commit": change.commit,
        "damage": change.damage or None,
    }
    record = change.promotion
    if record is None:
        return plain
    return {
        **plain,
        "action": record.action,
        "at": record.at,
        "by": record.by,
        "signed": change.signed,
        "reason": record.reason,
        "changes": [each.plain() for each in record.changes],
        "gates": [dict(each) for each in record.gates],
        "waivers": [dict(each) for each in record.waivers],
        "holds": [_hold_json(each) for each in change.held],
    }


def _hold_json(held: Held) -> dict[str, Any]:
    return {
        "scope": held.hold.scope,
        "value": held.hold.value,
        "address": held.address or None,
        "version": held.version or None,
    }


def show_change(context: Context, change: Change, *, place: str = "", address: str = "") -> None:
    """Print a change; `place` stands first. With `address` only what was asked about that is shown."""
    head = f"{place}#{change.sequence}"
    record = change.promotion
    if record is None:
        say_wrapped(context, f"{head}  cannot be read: {change.damage}", hang=_INDENT, fg="red")
        return
    title = _title(record, change.held, address)
    proof = " (signed)" if change.signed else " (unverified)"
    say_wrapped(context, f"{head}  {record.at}  {title}", hang=_INDENT, fg=_COLOURS.get(record.action))
    say_wrapped(context, f"{short(change.commit)}, by {record.by}{proof}", indent=_INDENT)
    if record.reason.strip():
        say_wrapped(context, f"“{record.reason.strip()}”", indent=_INDENT, hang=f"{_INDENT} ")
    if not address:
        _show_moves(context, record)
    show_gates(context, record, address=address)


def _title(record: Promotion, held: Sequence[Held], address: str) -> str:
    """Return what was done, with the names of what was held; of a crowd only the one that was asked for."""
    if held:
        return f"{record.action} {', '.join(map(_held, held))}"
    moves = tuple(each for each in record.changes if each.address == address)
    others = len(record.changes) - len(moves)
    if not moves or not others:
        return record.title
    return f"{record._replace(changes=moves).title}, with {others:,} more"


def _held(held: Held) -> str:
    if held.hold.scope == "environment":
        return "everything"
    if not held.address:
        return f"{short(held.hold.value)}…"
    return " ".join(filter(None, (short_name(held.address), held.version)))


def _show_moves(context: Context, record: Promotion) -> None:
    """Name what moved where the title only counts it."""
    if len(record.changes) <= 2:
        return
    for move in record.changes[:_MOVES]:
        way = f"{move.before or 'nothing'} → {move.after or 'nothing'}"
        say_wrapped(context, f"{short_name(move.address)}  {way}", indent=_INDENT)
    more = len(record.changes) - _MOVES
    if more > 0:
        say_wrapped(context, f"… and {more:,} more; -o json has them all", indent=_INDENT)


def show_gates(context: Context, record: Promotion, *, address: str = "") -> None:
    """Print what the gates said: those that passed by name, with reasons where evidence or a waiver is."""
    gates = [each for each in record.gates if address in {"", each.get("address")}]
    waived = {(each.get("gate"), each.get("address")): each for each in record.waivers}
    told = [each for each in gates if each.get("result") != "pass" or each.get("evidence")]
    if len({str(each.get("address")) for each in gates}) > 2:  # of a crowd only what did not pass
        told = [each for each in told if each.get("result") != "pass"]
    spoken = {str(each.get("gate")) for each in told}
    silent = dict.fromkeys(str(each.get("gate")) for each in gates if str(each.get("gate")) not in spoken)
    if silent:
        say_wrapped(context, f"✓ {', '.join(silent)}", indent=_INDENT, fg="green")
    for gate in told:
        _show_gate(context, gate, waived.get((gate.get("gate"), gate.get("address"))), with_name=not address)


def _show_gate(
    context: Context, gate: Mapping[str, Any], waiver: Mapping[str, Any] | None, *, with_name: bool
) -> None:
    passed = gate.get("result") == "pass"
    name = f" of {short_name(str(gate.get('address')))}" if with_name else ""
    reason = "; ".join(str(gate.get("reason")).splitlines())
    words = f"{_MARKS.get(str(gate.get('result')), '?')} {gate.get('gate')}{name}: {reason}"
    say_wrapped(context, words, indent=_INDENT, hang=f"{_INDENT}  ", fg="green" if passed else "red")
    evidence = ", ".join(short(str(each)) for each in gate.get("evidence") or ())
    if evidence:
        say_wrapped(context, f"evidence {evidence}", indent=f"{_INDENT}  ")
    if waiver is not None:
        said = f"waived by {waiver.get('by')}: {waiver.get('reason')}"
        say_wrapped(context, said, indent=f"{_INDENT}  ", fg="red", bold=True)
