"""Legal names of artifacts, made from the names that files and rows have elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

from promptctl.core.limits import NAME_LENGTH
from promptctl.core.names import name_problem

_SEGMENT_LENGTH = 60
_ILLEGAL = re.compile(r"[^a-z0-9._-]+")
_DOTS = re.compile(r"\.\.+")


def legal_name(text: str) -> str:
    """Return the nearest legal name of a path with `/`; empty where nothing of it is left.

    Letters lose their case and accents; what a name may not hold becomes `-`.
    """
    segments = [_segment(each) for each in text.split("/")]
    name = "/".join(each for each in segments if each)[:NAME_LENGTH].rstrip("/-._")
    return "" if name_problem(name) else name


def unique(names: Iterable[str]) -> list[str]:
    """Return the names in order, the second of its kind as `name-2`, and so on."""
    given = list(names)
    taken, counts, result = set(given), dict[str, int](), []
    for name in given:
        counts[name] = counts.get(name, 0) + 1
        fresh = name
        while counts[name] > 1 and fresh in taken:
            fresh = f"{name}-{counts[name]}"
            counts[name] += fresh in taken
        taken.add(fresh)
        result.append(fresh)
    return result


def _segment(text: str) -> str:
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    # What has no ASCII form at all parts words, as a space does.
    plain = plain if plain or not text else ""
    cleaned = _DOTS.sub(".", _ILLEGAL.sub("-", plain)).strip("-._")[:_SEGMENT_LENGTH].strip("-._")
    if cleaned and name_problem(cleaned):
        cleaned = "prompt-" + cleaned.replace(".", "-")
    return cleaned
