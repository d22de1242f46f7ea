"""How what somebody said about a release is shown: the digest, what it changes there, who said it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from promptctl.cli.output.layout import say_wrapped
from promptctl.cli.output.text import safe, say
from promptctl.core.names import short_name
from promptctl.core.written import counted, short

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.core.lock import Pin
    from promptctl.gates.result import GateResult
    from promptctl.model.difference.change import Difference
    from promptctl.model.statements import Approval, Waiver


class Standing(Protocol):
    """A statement that stands, or would."""

    @property
    def outcome(self) -> str:
        """What became of it: `already`, `planned`, or that it was made."""

    @property
    def sha256(self) -> str:
        """Its name on the evidence branch."""

    @property
    def serving(self) -> Pin | None:
        """What serves there now."""

    @property
    def difference(self) -> Difference | None:
        """What the release changes of that."""


def said_json(standing: Standing, said: Approval | Waiver) -> dict[str, Any]:
    """Return what was said, and of what serves now what it is about."""
    pin, difference = standing.serving, standing.difference
    return {
        "outcome": standing.outcome,
        "statement": standing.sha256,
        **asdict(said),
        "serving": {"version": pin.version, "digest": pin.digest} if pin else None,
        "bump": difference.bump if difference else None,
        "loosens": bool(difference and difference.loosened),
    }


def show_release(context: Context, standing: Standing, said: Approval | Waiver) -> None:
    """Print what it is about, and how to look closer."""
    name = short_name(said.address)
    say(context, f"{name} {said.version}  for {said.environment}", bold=True)
    say(context, f"  digest {said.digest}")  # as wide as 80 columns
    row(context, "changes", _changes(standing, said.environment))
    if standing.difference is not None and standing.difference.changes:
        say(
            context, f"             promptctl diff {name}@{said.environment} {name}@{said.version}", fg="cyan"
        )


def row(context: Context, label: str, words: str, **style: Any) -> None:
    """Print a line, or several, under a label."""
    say_wrapped(context, words, indent=f"  {label:<9}  ", hang=" " * 13, **style)


def gate_json(gate: GateResult | None) -> dict[str, str] | None:
    """Return what a gate says."""
    return {"result": gate.result, "reason": gate.reason, "hint": gate.hint} if gate else None


def show_gate(context: Context, label: str, gate: GateResult) -> None:
    """Print what a gate says, line by line."""
    first, *rest = gate.reason.split("\n")
    row(context, label, first, fg="green" if gate.result == "pass" else "yellow")
    for line in rest:
        row(context, "", line)


def show_outcome(context: Context, standing: Standing, said: Approval | Waiver, verb: str) -> None:
    """Print what became of it; `verb` is how it is done: `approved`."""
    name = short(standing.sha256)
    words = {
        verb: f"{verb} by {said.by} ({name})",
        "already": f"already {verb} by {said.by} at {said.at} ({name}): nothing to do",
        "planned": f"would be {verb} by {said.by}",
    }
    say(context, safe(words[standing.outcome]), fg="green")


def _changes(standing: Standing, environment: str) -> str:
    pin, difference = standing.serving, standing.difference
    if pin is None or difference is None:
        return f"nothing serves in {environment} yet: all of it is new"
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
