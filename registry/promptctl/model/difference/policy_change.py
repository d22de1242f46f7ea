"""What is said of a change inside of a policy."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

UNPROVEN = "cannot be shown to be as strict"
_DIGITS = 100
PAIRS = 2_500
"""So many ways that hold at once are compared each with each; more of them count as unproven."""


class PolicyChange(NamedTuple):
    """One change inside of a policy, as a sentence. `path` is where, `texts` are as in `Change`."""

    path: str
    what: str
    loosens: bool = False
    texts: tuple[str, str] | None = None


def number(text: str) -> Decimal | None:
    """Return a finite decimal of a size that can be reckoned with, None for any other text."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    is_usual = value.is_finite() and len(text) <= _DIGITS and abs(value.adjusted()) <= _DIGITS
    return value if is_usual else None
