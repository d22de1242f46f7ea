"""How the cost of work grows with its size: a ratio of two runs beside each other, never a time."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES = 16
_LEAST_S = 0.01
"""What takes less is told from noise by nobody."""


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail where 16 times the size takes much more than 16 times the work; squares would take 256 times."""
    _assert_within(work, size, 4 * TIMES)


def assert_constant(work: Callable[[int], object], size: int) -> None:
    """Fail where 16 times the size takes much more work than the size itself."""
    _assert_within(work, size, 4)


def _assert_within(work: Callable[[int], object], size: int, most: float) -> None:
    least_s = max(min(_cost_s(work, size) for _ in range(3)), _LEAST_S)
    grown_s = min(_cost_s(work, TIMES * size) for _ in range(2))
    assert grown_s < most * least_s, f"{TIMES} times the size takes {grown_s / least_s:.0f} times the work"


def _cost_s(work: Callable[[int], object], size: int) -> float:
    started = time.process_time()
    work(size)
    return time.process_time() - started
