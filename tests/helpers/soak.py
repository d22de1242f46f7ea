"""How much is tried: little on every change, much under `make soak`."""

from __future__ import annotations

import os

IS_SOAK = bool(os.environ.get("PROMPTCTL_SOAK"))


def examples(usual: int, soak: int) -> int:
    """Return how many examples a property test tries."""
    return soak if IS_SOAK else usual
