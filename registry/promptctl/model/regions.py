"""Which calls the conditions of an oversight rule match, in exact decimals.

A rule bounds each argument on its own, so it matches a box: by argument, the numbers between two cuts, or one
word. A cut lies before (0) or after (1) a number, which makes bounds that include their number and bounds
that do not comparable: `lte: "5"` ends, and `gt: "5"` begins, at the cut after 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a kind is loaded when a file of it is read
    from promptctl.core.kinds.oversight_policy import Condition, OversightRule
    from promptctl.core.kinds.tool_policy import Argument


Cut = tuple[Decimal, int]

_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_BEFORE, _AFTER = 0, 1
_LEAST: Cut = (Decimal("-Infinity"), _BEFORE)
_MOST: Cut = (Decimal("Infinity"), _AFTER)


@dataclass(frozen=True, slots=True)
class Span:
    """The values of one argument between two cuts; where `word` is given, that word alone.

    The cuts of `whole` numbers lie before whole numbers, so that 5 and 6 have nothing between them.
    """

    low: Cut = _LEAST
    high: Cut = _MOST
    whole: bool = False
    word: str | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether nothing lies in it."""
        return self.low >= self.high

    def holds(self, other: Span) -> bool:
        """Say whether everything in `other` lies in this."""
        if self.word is not None or other.word is not None:
            return self.word == other.word
        return self.low <= other.low and other.high <= self.high

    def meets(self, other: Span) -> Span | None:
        """Return what lies in both, or None."""
        if self.word is not None or other.word is not None:
            return self if self.word == other.word else None
        both = Span(max(self.low, other.low), min(self.high, other.high), self.whole)
        return None if both.is_empty else both

    def without(self, others: Iterable[Span]) -> Iterator[Span]:
        """Yield, from low to high, what lies in none of the other spans of numbers."""
        low = self.low
        for each in sorted((other for other in others if other.word is None), key=lambda other: other.low):
            if each.low > low:
                yield Span(low, min(each.low, self.high), self.whole)
            low = max(low, each.high)
            if low >= self.high:
                return
        if low < self.high:
            yield Span(low, self.high, self.whole)

    def __str__(self) -> str:
        """Return it in words: `above 50.00 up to 80`."""
        if self.word is not None:
            return f'"{self.word}"'
        low, low_side = self.low
        high, high_side = self.high
        if self.whole and high.is_finite():
            high, high_side = Decimal(int(high) - 1), _AFTER  # its cut lies before the next whole number
        if low == high:
            return f"exactly {low:f}"
        begin = f"{'above' if low_side else 'from'} {low:f}" if low.is_finite() else ""
        end = f"{'up to' if high_side else 'below'} {high:f}" if high.is_finite() else ""
        between = " and " if begin and end and not high_side else " "
        return f"{begin}{between}{end}".strip() or "any value"


Box = Mapping[str, Span]
"""What a rule matches, by argument; an argument that is not there may be anything."""


def decimal(text: str) -> Decimal | None:
    """Return the number; None for what is none, or has more digits than anybody means."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def box(rule: OversightRule, arguments: Mapping[str, Argument]) -> Box | None:
    """Return what a rule matches, given the arguments that its tool declares.

    None stands for a rule with a number that is none.
    """
    spans = {}
    for name, condition in rule.when.items():
        declared = arguments.get(name)
        found = _span(condition, declared.type if declared else "")
        if found is None:
            return None
        spans[name] = found
    return spans


def holds(outer: Box, inner: Box) -> bool:
    """Say whether every call that `inner` matches is one that `outer` matches."""
    return all(name in inner and span.holds(inner[name]) for name, span in outer.items())


def meets(one: Box, other: Box) -> Box | None:
    """Return the calls that both match, or None where there are none."""
    both = {**one, **other}
    for name in one.keys() & other.keys():
        common = one[name].meets(other[name])
        if common is None:
            return None
        both[name] = common
    return both


def said(box: Box) -> str:
    """Return a box in words: `amount above 50.00, currency "EUR"`."""
    return ", ".join(f"`{name}` {span}" for name, span in box.items())


@lru_cache(maxsize=256)
def domain(argument: Argument | None) -> Span:
    """Return the numbers that a tool policy lets through for an argument."""
    if argument is None:
        return Span()
    from promptctl.core.kinds.oversight_policy import Condition

    return _span(Condition(gte=argument.min, lte=argument.max), argument.type) or Span()


def _span(condition: Condition, kind: str) -> Span | None:
    """Return what a condition on an argument of this type matches."""
    word = condition.eq
    if word is not None and (kind in ("string", "boolean") or decimal(word) is None):
        return Span(word=word)
    whole = kind == "integer"
    lows = ((condition.gt, _AFTER), (condition.gte, _BEFORE), (word, _BEFORE))
    highs = ((condition.lt, _BEFORE), (condition.lte, _AFTER), (word, _AFTER))
    try:
        low = max((_cut(text, side, whole=whole) for text, side in lows if text is not None), default=_LEAST)
        high = min((_cut(text, side, whole=whole) for text, side in highs if text is not None), default=_MOST)
    except ValueError:
        return None
    return Span(low, high, whole)


def _cut(text: str, side: int, *, whole: bool) -> Cut:
    number = decimal(text)
    if number is None:
        raise ValueError(text)
    if not whole:
        return number, side
    floor = number.to_integral_value(ROUND_FLOOR)
    return (floor if number == floor and side == _BEFORE else _next(floor)), _BEFORE


def _next(number: Decimal) -> Decimal:
    return Decimal(int(number) + 1)  # not by adding: a context would round it
