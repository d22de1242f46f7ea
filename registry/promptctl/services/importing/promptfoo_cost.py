"""What tests come to, before anything is made of them: a short file can say many with lists and defaults."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from promptctl.core.limits import PUBLISH

TESTS_LIMIT = 10_000
ASSERTIONS_LIMIT = 20_000
CHARACTERS_LIMIT = PUBLISH.bundle_size_bytes


@dataclass(frozen=True, slots=True)
class Cost:
    """Sums up: every prompt has all tests, and every test its variables and assertions."""

    tests: int = 0
    assertions: int = 0
    characters: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Return what both come to."""
        return Cost(
            self.tests + other.tests,
            self.assertions + other.assertions,
            self.characters + other.characters,
        )

    def __mul__(self, times: int) -> Cost:
        """Return what so many of it come to."""
        return Cost(self.tests * times, self.assertions * times, self.characters * times)

    @property
    def problem(self) -> str:
        """Return which limit is passed; nothing where none is."""
        for count, limit, what in (
            (self.tests, TESTS_LIMIT, "cases"),
            (self.assertions, ASSERTIONS_LIMIT, "assertions and values in their lists"),
            (self.characters, CHARACTERS_LIMIT, "characters in variables and assertions"),
        ):
            if count > limit:
                return f"more than {limit:,} {what}"
        return ""


def cost_of(assertions: Iterable[Mapping[str, Any]]) -> Cost:
    """Return the cost of assertions; one with a list counts as often as it has values."""
    listed = list(assertions)
    values = [each.get("value") for each in listed]
    count = sum(max(1, len(each)) if isinstance(each, list | Mapping) else 1 for each in values)
    return Cost(0, count, characters(listed))


def characters(values: Iterable[Any]) -> int:
    """Return how long values are when they are written down."""
    return sum(len(json.dumps(each, ensure_ascii=False)) for each in values)
