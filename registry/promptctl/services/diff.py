"""Diff: what changed in meaning between two bundles, or between what two environments serve."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal

from promptctl.core.bundle import Bundle
from promptctl.core.lock import Pin
from promptctl.core.names import Ref
from promptctl.core.versions import Version
from promptctl.errors import UsageError
from promptctl.model.contract import Difference, compare
from promptctl.services.resolve import Resolved, Workspace, environment_state, refs_of, resolve
from promptctl.store import releases
from promptctl.store.environments import EnvironmentState

Outcome = Literal["same", "differs", "only-before", "only-after"]
CONTEXT_LINES = 2


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. The version is None for what is not released."""

    where: str
    digest: str
    version: Version | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """One address on both sides. `texts` has, by the `where` of a change, the lines of a changed text: each
    begins with a space, `-` or `+`; `…` stands for lines left out.
    """

    address: str
    outcome: Outcome
    before: Side | None
    after: Side | None
    difference: Difference = field(default_factory=lambda: Difference((), ()))
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def next_version(self) -> Version | None:
        """Return the version that a release of this change would get; None where that cannot be said."""
        bump = self.difference.bump
        if bump is None or self.before is None or self.before.version is None:
            return None
        return self.before.version.bumped(bump)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything compared, sorted by address. `before` and `after` are the two REFs."""

    before: str
    after: str
    compared: tuple[Compared, ...]


def diff(workspace: Workspace, before: Ref, after: Ref) -> Comparison:
    """Compare two bundles, or two environments where both REFs are `@ENV`."""
    if bool(before.address) != bool(after.address):
        raise UsageError(
            "an environment is compared with an environment",
            hint="promptctl diff @staging @prod, or promptctl diff NAME@staging NAME@prod",
        )
    workspace.fetch([*refs_of(before), *refs_of(after)])
    if before.address:
        sides = resolve(workspace, before), resolve(workspace, after)
        return Comparison(str(before), str(after), (_compared(*sides),))
    states = (environment_state(workspace, each.environment) for each in (before, after))
    return Comparison(str(before), str(after), tuple(_environments(workspace, *states)))


def text_lines(before: str, after: str) -> tuple[str, ...]:
    """Return the lines that differ, each with its sign, and two lines round them."""
    matched = difflib.unified_diff(before.split("\n"), after.split("\n"), n=CONTEXT_LINES, lineterm="")
    lines = list(matched)[2:]  # the first two name files
    return tuple("…" if line.startswith("@@") else line for line in lines[1:])


def _compared(before: Resolved, after: Resolved) -> Compared:
    old, new = (Side(each.where, each.digest, each.version, each.address) for each in (before, after))
    return _of_bundles(after.address, before.bundle, after.bundle, old, new)


def _of_bundles(address: str, old: Bundle, new: Bundle, before: Side, after: Side) -> Compared:
    outcome: Outcome = "same" if old.digest == new.digest else "differs"
    return Compared(address, outcome, before, after, compare(old, new), dict(_texts(old, new)))


def _texts(before: Bundle, after: Bundle) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (where, lines) of every text that is on both sides and differs."""
    for address in sorted(set(before.artifacts) & set(after.artifacts)):
        pairs = zip_longest(_parts(before.artifacts[address]), _parts(after.artifacts[address]))
        for (where, old), (_, new) in (each for each in pairs if None not in each):
            if old != new:
                yield f"{address}: {where}", text_lines(old, new)


def _parts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(body.get("text"), str):
        yield "text", body["text"]
    for index, message in enumerate(body.get("messages", ())):
        yield f"messages.{index}.text", message.get("text", "")


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
    sides = _side(before[0], address, before[1]), _side(after[0], address, after[1])
    if before[1].digest == after[1].digest:
        return Compared(address, "same", *sides)
    old, new = (
        releases.read_pinned(workspace.repository.objects, address, pin) for _, pin in (before, after)
    )
    return _of_bundles(address, old, new, *sides)


def _side(environment: str, address: str, pin: Pin) -> Side:
    return Side(environment, pin.digest, Version.parse(pin.version), address)
