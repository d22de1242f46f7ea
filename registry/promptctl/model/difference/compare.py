"""What changed in meaning between two bundles, and the version bump that it implies."""

from __future__ import annotations

from promptctl.core.bundle import Bundle
from promptctl.model.difference.change import Change, Difference
from promptctl.model.difference.contract import contract_changes
from promptctl.model.difference.messages import text_changes
from promptctl.model.difference.policies import policy_changes
from promptctl.model.difference.settings import dependency_changes, setting_changes

__all__ = ["Change", "Difference", "compare"]

_SECTIONS = (contract_changes, text_changes, setting_changes, policy_changes, dependency_changes)


def compare(before: Bundle, after: Bundle) -> Difference:
    """Return what changed from one bundle to the other; where digests differ, at least one change."""
    if before.digest == after.digest:
        return Difference()
    changes = tuple(each for section in _SECTIONS for each in section(before, after))
    if not changes:  # the order of allowed values, or a field that only a newer version knows
        changes = (
            Change("minor", after.root, "the order of values changed, or what has no words yet", "settings"),
        )
    order = ("contract", "text", "settings", "policies", "dependencies")
    return Difference(tuple(sorted(changes, key=lambda each: order.index(each.section))))
