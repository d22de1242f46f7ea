"""`latency`: the answer came within `threshold` milliseconds. A cached answer took what it took at first."""

from __future__ import annotations

from typing import Any

from promptctl.scorers.answer import Check


def make(_value: Any, threshold: float | None) -> Check:
    """Compare with the time of the call that was made."""
    if threshold is None:
        raise ValueError("needs a threshold, in milliseconds")
    return lambda answer: answer.latency_ms <= threshold
