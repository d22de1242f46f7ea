"""Diff: what changed in meaning between two bundles, two suites, or what two environments serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from promptctl.checks.same_index import RULE as SAME_INDEX
from promptctl.core.bundle import Bundle
from promptctl.core.lock import Pin
from promptctl.core.names import Ref
from promptctl.core.versions import Version
from promptctl.errors import StoppedError, UsageError
from promptctl.model.difference.change import Difference
from promptctl.model.difference.compare import compare
from promptctl.model.difference.suites import Judged, compare_suites, gone_or_new, judged
from promptctl.model.findings import Finding
from promptctl.model.registry import Registry
from promptctl.services.resolve import (
    WORK_TREE,
    Resolved,
    environment_state,
    refs_of,
    registry_of,
    resolve,
)
from promptctl.services.workspace import Workspace
from promptctl.store import releases
from promptctl.store.environments import EnvironmentState

Outcome = Literal["same", "differs", "only-before", "only-after"]
_JUDGING = ("evals/", "datasets/")


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything compared, sorted by address. `before` and `after` are the two REFs.

    `suites` are those of a prompt that is compared between files or commits; `suites_problem` says why they
    could not be compared.
    """

    before: str
    after: str
    compared: tuple[Compared, ...]
    suites: tuple[Compared, ...] = ()
    suites_problem: str = ""


def diff(workspace: Workspace, before: Ref, after: Ref) -> Comparison:
    """Compare two bundles, two suites or datasets, or two environments where both REFs are `@ENV`."""
    if bool(before.address) != bool(after.address):
        raise UsageError(
            "an environment is compared with an environment",
            hint="promptctl diff @staging @prod, or promptctl diff NAME@staging NAME@prod",
        )
    kinds = [
        next((folder for folder in _JUDGING if each.address.startswith(folder)), "")
        for each in (before, after)
    ]
    if kinds[0] != kinds[1]:
        raise UsageError(
            f"{before.address} and {after.address} are not of one kind", hint="compare a suite with a suite"
        )
    if kinds[0]:
        return Comparison(str(before), str(after), (_of_judged(workspace, before, after),))
    workspace.fetch([*refs_of(before), *refs_of(after)])
    if before.address:
        sides = resolve(workspace, before), resolve(workspace, after)
        suites, problem = _suites_of(*sides)
        return Comparison(str(before), str(after), (_compared(*sides),), suites, problem)
    states = (environment_state(workspace, each.environment) for each in (before, after))
    return Comparison(str(before), str(after), tuple(_environments(workspace, *states)))


def _compared(before: Resolved, after: Resolved) -> Compared:
    old, new = (Side(each.where, each.digest, each.version, each.address) for each in (before, after))
    return _of_bundles(after.address, before.bundle, after.bundle, old, new, after.registry)


def _of_bundles(
    address: str, old: Bundle, new: Bundle, before: Side, after: Side, registry: Registry | None = None
) -> Compared:
    if old.digest == new.digest:
        return Compared(address, "same", before, after)
    refused = tuple(SAME_INDEX.check(old, new, registry))
    return Compared(address, "differs", before, after, compare(old, new), refused)


def _of_judged(workspace: Workspace, before: Ref, after: Ref) -> Compared:
    sides = []
    for ref in (before, after):
        if ref.version or ref.environment:
            raise UsageError(
                f"{ref.address} is not released",
                hint=f"name files or commits: promptctl diff {ref.address}@git:main {ref.address}",
            )
        registry, _ = registry_of(workspace, ref)
        sides.append((judged(registry, ref.address), _where(ref.revision)))
    (old, was), (new, now) = sides
    return _of_suites(after.address, old, new, was, now)


def _suites_of(before: Resolved, after: Resolved) -> tuple[tuple[Compared, ...], str]:
    """Return the suites of a prompt that differ, where both sides are files; else why that is not known."""
    if before.registry is None or after.registry is None:
        return (), ""
    old, new = before.registry, after.registry
    try:
        found = [
            _of_suites(address, _judged(old, address), _judged(new, address), before.where, after.where)
            for address in sorted({*_judging(old, before.address), *_judging(new, after.address)})
        ]
    except StoppedError as problem:
        return (), problem.message
    return tuple(each for each in found if each.outcome != "same"), ""


def _judging(registry: Registry, target: str) -> Iterator[str]:
    return (each.address for each in registry.of_kind("eval_suite") if each.value.target == target)


def _judged(registry: Registry, address: str) -> Judged | None:
    return judged(registry, address) if address in registry.paths else None


def _of_suites(address: str, old: Judged | None, new: Judged | None, was: str, now: str) -> Compared:
    before = Side(was, old.digest, address=old.address) if old else None
    after = Side(now, new.digest, address=new.address) if new else None
    if old is None or new is None:
        outcome: Outcome = "only-before" if old else "only-after"
        return Compared(address, outcome, before, after, gone_or_new(old, new))
    difference = compare_suites(old, new)
    return Compared(address, "differs" if difference.changes else "same", before, after, difference)


def _where(revision: str) -> str:
    return f"git:{revision}" if revision else WORK_TREE


def _environments(
    workspace: Workspace, before: EnvironmentState, after: EnvironmentState
) -> Iterator[Compared]:
    for address in sorted({*before.lock.pins, *after.lock.pins}):
        old, new = before.lock.pins.get(address), after.lock.pins.get(address)
        if old and new:
            yield _of_pins(workspace, address, (before.environment, old), (after.environment, new))
        elif old:
            yield Compared(address, "only-before", _side(before.environment, address, old), None)
        elif new:
            yield Compared(address, "only-after", None, _side(after.environment, address, new))


def _of_pins(workspace: Workspace, address: str, before: tuple[str, Pin], after: tuple[str, Pin]) -> Compared:
    """Compare two pins by their digests; only bundles that differ are read."""
    sides = _side(before[0], address, before[1]), _side(after[0], address, after[1])
    if before[1].digest == after[1].digest:
        return Compared(address, "same", *sides)
    old, new = (
        releases.read_pinned(workspace.repository.objects, address, pin) for _, pin in (before, after)
    )
    return _of_bundles(address, old, new, *sides)


def _side(environment: str, address: str, pin: Pin) -> Side:
    return Side(environment, pin.digest, Version.parse(pin.version), address)
