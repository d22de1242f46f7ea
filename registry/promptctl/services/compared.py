"""What two places serve under one address, compared: all that is needed is the bundles of the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from promptctl.checks.same_index import RULE as SAME_INDEX
from promptctl.core.bundle import Bundle
from promptctl.core.lock import Pin
from promptctl.core.versions import Version
from promptctl.model.difference.change import Difference
from promptctl.model.difference.compare import compare
from promptctl.model.findings import Finding
from promptctl.model.registry import Registry
from promptctl.store import releases
from promptctl.store.repository import Repository

Outcome = Literal["same", "differs", "only-before", "only-after"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. The version is None for what is not released."""

    where: str
    digest: str
    version: Version | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """One address on both sides. `refused` is what no release may change like that."""

    address: str
    outcome: Outcome
    before: Side | None
    after: Side | None
    difference: Difference = field(default_factory=Difference)
    refused: tuple[Finding, ...] = ()

    @property
    def next_version(self) -> Version | None:
        """Return the version that a release of this change would get; None where that cannot be said."""
        bump = self.difference.bump
        if bump is None or self.before is None or self.before.version is None:
            return None
        return self.before.version.bumped(bump)


def compare_pins(
    repository: Repository, address: str, before: tuple[str, Pin | None], after: tuple[str, Pin | None]
) -> Compared:
    """Compare what two places serve under an address, at least one of them anything. Only bundles that differ
    are read.
    """
    (was, old), (now, new) = before, after
    sides = _side(was, address, old) if old else None, _side(now, address, new) if new else None
    if old is None or new is None:
        return Compared(address, "only-before" if old else "only-after", *sides)
    if old.digest == new.digest:
        return Compared(address, "same", *sides)
    first, second = (releases.read_pinned(repository.objects, address, pin) for pin in (old, new))
    return compare_bundles(address, first, second, _side(was, address, old), _side(now, address, new))


def _side(environment: str, address: str, pin: Pin) -> Side:
    return Side(environment, pin.digest, Version.parse(pin.version), address)


def compare_bundles(
    address: str, old: Bundle, new: Bundle, before: Side, after: Side, registry: Registry | None = None
) -> Compared:
    """Compare two bundles; with the `registry` that the new one is made from, what is refused has a place."""
    if old.digest == new.digest:
        return Compared(address, "same", before, after)
    refused = tuple(SAME_INDEX.check(old, new, registry))
    return Compared(address, "differs", before, after, compare(old, new), refused)
