"""Durations as people write them: `90s`, `30m`, `1h30m`, `2d`."""

from __future__ import annotations

import re

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile("".join(f"(?:([1-9][0-9]{{0,8}}){unit})?" for unit in _UNITS))
_LONGEST_S = 3_650 * _UNITS["d"]

HINT = "write a number and s, m, h or d: 30m, 1h30m, 2d"


def seconds(text: str) -> int:
    """Return how long a duration is, at least a second and at most 3,650 days.

    Each unit stands once, the largest first. Raise `ValueError` whose words say what the text is otherwise.
    """
    found = _DURATION.fullmatch(text)
    total_s = sum(int(number) * unit_s for number, unit_s in _parts(found)) if found else 0
    if total_s == 0:
        raise ValueError("is no duration")
    if total_s > _LONGEST_S:
        raise ValueError("is longer than 3650 days")
    return total_s


def _parts(found: re.Match[str]) -> list[tuple[str, int]]:
    return [
        (number, unit_s) for number, unit_s in zip(found.groups(), _UNITS.values(), strict=True) if number
    ]


def written(duration_s: float) -> str:
    """Return a duration for people, cut off after its two largest units: `45s`, `1h12m`, `3d`."""
    left_s = max(0, int(duration_s))
    units = list(_UNITS.items())
    first = next((place for place, (_, unit_s) in enumerate(units) if left_s >= unit_s), len(units) - 1)
    words = ""
    for unit, unit_s in units[first : first + 2]:
        number, left_s = divmod(left_s, unit_s)
        words += f"{number}{unit}" if number or not words else ""
    return words
