"""What a change loosens: policies of a release (LOOSENS POLICY), and suites that judge it (LOOSENS SUITE).

Sound in one direction: nothing that is looser is left out. What cannot be shown to be as strict counts as
looser, and a looser policy stays one whatever became stricter beside it. docs/reference/loosening.md has the
table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from promptctl.core.bundle import Bundle
from promptctl.model.difference.change import Change
from promptctl.model.difference.policies import policy_changes
from promptctl.model.difference.suites import Judged, compare_suites, gone_or_new


@dataclass(frozen=True, slots=True)
class Loosening:
    """One thing that is looser: where (`tool_policies/x: tools.refund.access`), and in words what."""

    where: str
    what: str


def loosenings(before: Bundle, after: Bundle) -> tuple[Loosening, ...]:
    """Return everything that the policies of one release allow and those of the other did not."""
    return _loose(policy_changes(before, after)) if before.digest != after.digest else ()


def suite_loosenings(before: Mapping[str, Judged], after: Mapping[str, Judged]) -> tuple[Loosening, ...]:
    """Return everything that suites, by address, judge less strictly; a suite that is gone judges nothing."""
    return tuple(
        found for address in sorted(before) for found in _of_suite(before[address], after.get(address))
    )


def _of_suite(before: Judged, after: Judged | None) -> tuple[Loosening, ...]:
    difference = compare_suites(before, after) if after else gone_or_new(before, None)
    return _loose(difference.changes)


def _loose(changes: Iterable[Change]) -> tuple[Loosening, ...]:
    return tuple(Loosening(each.where, each.what) for each in changes if each.loosens)
