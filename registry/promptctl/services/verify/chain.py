"""The chain of an environment's commits: numbers without a gap, records that account for locks, times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from promptctl.core.limits import CLOCK_SKEW_S
from promptctl.core.lock import Lock
from promptctl.core.written import short, timestamp
from promptctl.model.promotion import Promotion
from promptctl.services.verify.explain import EXPECTED, explains
from promptctl.services.verify.steps import Step
from promptctl.services.verify.violation import Violation


def check_chain(environment: str, steps: Sequence[Step], now: datetime) -> Iterator[Violation]:
    """Whether each commit, newest first, is what its record makes of the one before it."""
    where = f"env/{environment}"
    before, earlier = Lock(environment), list[Lock]()
    for step in reversed(steps):
        at = short(step.commit)
        for code, words in step.edits:
            yield Violation(where, code, f"{at}: {words}")
        if step.seconds is None:
            yield Violation(where, "time", f"{at} does not say when it was made")
        elif step.promotion is not None and (step.at is None or timestamp(step.at) != step.promotion.at):
            yield Violation(where, "time", f"{at} was not made when its record says: {step.promotion.at}")
        if step.lock is None or step.promotion is None:
            continue
        yield from _check_step(where, at, step.promotion, before, step.lock, earlier)
        earlier.append(step.lock)
        before = step.lock
    yield from _check_times(where, steps, now)


def _check_step(
    where: str, at: str, promotion: Promotion, before: Lock, lock: Lock, earlier: Sequence[Lock]
) -> Iterator[Violation]:
    is_next = lock.sequence == before.sequence + 1
    if promotion.action == "repair":
        is_next = lock.sequence > before.sequence
    if not is_next:
        words = f"{at} has the number {lock.sequence} after {before.sequence}"
        yield Violation(where, "sequence-broken", words)
    elif promotion.action in EXPECTED and not explains(promotion, before, lock, earlier):
        words = f"lock.json of {at} is not what its record “{promotion.title}” makes"
        yield Violation(where, "lock-edited", words)
    if promotion.action == "promote":
        yield from _check_held(where, at, promotion, before, lock)


def _check_held(where: str, at: str, promotion: Promotion, before: Lock, lock: Lock) -> Iterator[Violation]:
    """Nothing that is held is promoted, whatever its record says of the gates."""
    for move in promotion.changes:
        pin = lock.pins.get(move.address)
        for hold in before.holds_on(move.address, pin.digest) if pin else ():
            words = f"{at} promoted {move.address} {move.after}, which was held: {hold.reason}"
            yield Violation(where, "held", words)


def _check_times(where: str, steps: Sequence[Step], now: datetime) -> Iterator[Violation]:
    dated = [(short(each.commit), each.seconds) for each in steps if each.seconds is not None]
    if dated and dated[0][1] > now.timestamp() + CLOCK_SKEW_S:
        yield Violation(where, "time", f"{dated[0][0]} is dated in the future")
    for later, earlier in pairwise(dated):
        if later[1] < earlier[1]:
            yield Violation(where, "time", f"{later[0]} is dated before {earlier[0]}")
