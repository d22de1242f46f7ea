"""How much is tried: little on every change, much under `make soak`."""

from __future__ import annotations

import os
from collections.abc import Iterable

IS_SOAK = bool(os.environ.get("PROMPTCTL_SOAK"))


def examples(usual: int, soak: int) -> int:
    """Return how many examples a property test tries."""
    return soak if IS_SOAK else usual


def some(names: Iterable[str]) -> list[str]:
    """Return what is tried of a table: every third, and all under `make soak`."""
    return [*names][:: 1 if IS_SOAK else 3]
