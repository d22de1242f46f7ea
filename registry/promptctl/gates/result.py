"""What a gate is asked about and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Outcome = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A release that wants to serve in an environment, and the model that its prompt names."""

    address: str
    version: str
    digest: str
    environment: str
    model_provider: str = ""
    model_id: str = ""


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate's answer for one candidate; `evidence` names the statements it rests on.

    `is_pending` says that only time or people are missing: waiting may help.
    """

    gate: str
    address: str
    result: Outcome
    reason: str
    hint: str = ""
    evidence: tuple[str, ...] = ()
    is_pending: bool = False

    def record(self) -> Mapping[str, Any]:
        """Return it as `promotion.json` keeps it, passed or not."""
        return {key: value for key, value in asdict(self).items() if key in _RECORDED}


def hints(stopping: Iterable[GateResult]) -> tuple[str, ...]:
    """Return what helps against gates that did not pass: first where waiting does not help, and then a hint
    to wait is none.
    """
    gates = sorted(stopping, key=lambda each: each.is_pending)
    found = dict.fromkeys(each.hint for each in gates if each.hint)
    return (
        tuple(found)
        if all(each.is_pending for each in gates)
        else tuple(each for each in found if not each.endswith(" --wait"))
    )


_RECORDED = ("gate", "address", "result", "reason", "evidence")
