"""What a change loosens, as `diff` and `release` mark it."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.core.bundle import Bundle
from promptctl.model.difference.change import Change
from promptctl.model.difference.compare import compare
from promptctl.model.difference.suites import Judged, compare_suites, gone_or_new


def loosenings(before: Bundle, after: Bundle) -> tuple[Change, ...]:
    """Return everything that one release allows and the other did not."""
    return compare(before, after).loosened


def suite_loosenings(before: Mapping[str, Judged], after: Mapping[str, Judged]) -> tuple[Change, ...]:
    """Return everything that suites, by address, judge less strictly."""
    found: list[Change] = []
    for address, suite in sorted(before.items()):
        now = after.get(address)
        found += (compare_suites(suite, now) if now else gone_or_new(suite, None)).loosened
    return tuple(found)
