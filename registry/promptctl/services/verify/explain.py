"""What each action makes of a lock: so a lock that its record does not account for is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from promptctl.core.lock import Lock
from promptctl.errors import RefusedError
from promptctl.model.promotion import Promotion
from promptctl.services.rollback import moves_between


def explains(promotion: Promotion, before: Lock, after: Lock, earlier: Sequence[Lock]) -> bool:
    """Whether the record of a commit accounts for everything that its lock changed.

    `earlier` are the locks that the environment had before: what a whole environment may go back to.
    """
    for move in promotion.changes:
        pin = before.pins.get(move.address)
        if move.before != (pin.version if pin else None):
            return False
    try:
        return after in EXPECTED[promotion.action](promotion, before, after, earlier)
    except RefusedError:
        return False


def _promoted(promotion: Promotion, before: Lock, after: Lock, _: Sequence[Lock]) -> list[Lock]:
    pins = {
        each.address: replace(after.pins[each.address], previous=())
        for each in promotion.changes
        if each.address in after.pins
    }
    said = [(each.address, each.after, promotion.at, promotion.by) for each in promotion.changes]
    made = [(address, pin.version, pin.since, pin.by) for address, pin in pins.items()]
    return [before.promoted(pins)] if said and said == made else []


def _rolled_back(promotion: Promotion, before: Lock, after: Lock, earlier: Sequence[Lock]) -> list[Lock]:
    if not promotion.changes or list(promotion.changes) != moves_between(before, after):
        return []
    who = {"since": promotion.at, "by": promotion.by, "reason": promotion.reason}
    (move, *others) = promotion.changes
    outgoing, restored = before.pins.get(move.address), after.pins.get(move.address)
    made = []
    if outgoing and restored and not others:
        wanted = (restored.version, restored.digest)
        found = (each for each in outgoing.previous if (each.version, each.digest) == wanted)
        made = [before.rolled_back(move.address, each, **who) for each in found]
    # An environment as a whole goes back to a lock that it had, without what is held.
    serving = _serving(after)
    return made + [before.restored(each, **who) for each in earlier if _serving(each) == serving]


def _serving(lock: Lock) -> dict[str, tuple[str, str]]:
    return {address: (pin.version, pin.digest) for address, pin in lock.pins.items()}


def _held(promotion: Promotion, before: Lock, after: Lock, _: Sequence[Lock]) -> list[Lock]:
    if promotion.changes or not after.holds:
        return []
    made = replace(after.holds[-1], reason=promotion.reason, by=promotion.by, since=promotion.at)
    return [before.held(made)]


def _let_go(promotion: Promotion, before: Lock, after: Lock, _: Sequence[Lock]) -> list[Lock]:
    gone = [each for each in before.holds if each not in after.holds]
    return [before.released(gone[0].scope, gone[0].value)] if gone and not promotion.changes else []


def _repaired(promotion: Promotion, before: Lock, after: Lock, _: Sequence[Lock]) -> list[Lock]:
    return [] if promotion.changes else [before.repaired(after.sequence)]


EXPECTED: Mapping[str, Callable[[Promotion, Lock, Lock, Sequence[Lock]], list[Lock]]] = {
    "promote": _promoted,
    "rollback": _rolled_back,
    "hold": _held,
    "unhold": _let_go,
    "repair": _repaired,
}
"""The locks that each action which this version writes can make of another; none where it made none of it."""
