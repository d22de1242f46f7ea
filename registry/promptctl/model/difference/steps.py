"""Where two JSON values differ, key by key; and JSON in the words of the files that people write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

EXACT = 2**53
LONG = 60
"""Texts of more characters are compared word by word in place of being said whole."""

_PLAIN = re.compile(r"[^\W\d_](?:[\w./-]|[ ](?! ))*(?<! )", re.UNICODE)
_WORDS_OF_YAML = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True)
class Step:
    """One difference: `path` leads to it through maps, None stands for absence. Lists are compared whole."""

    path: tuple[str, ...]
    old: Any
    new: Any

    @property
    def where(self) -> str:
        """The path with dots."""
        return ".".join(self.path)

    @property
    def texts(self) -> tuple[str, str] | None:
        """Both sides, where they are texts too long to be said whole."""
        sides = [self.old, self.new]
        is_long = any(isinstance(each, str) and (len(each) > LONG or "\n" in each) for each in sides)
        if not is_long or any(not isinstance(each, str | None) for each in sides):
            return None
        return self.old or "", self.new or ""


def steps(old: Any, new: Any) -> list[Step]:
    """Return every difference, sorted by path."""
    from deepdiff import DeepDiff
    from deepdiff.helper import notpresent

    # Texts and lists reach deepdiff as short strings: it compares both by methods of quadratic cost.
    # Without the threshold, maps that have few keys in common would be one change of the whole map.
    found = DeepDiff(_packed(old), _packed(new), view="tree", threshold_to_diff_deeper=0, verbose_level=0)
    pairs = (
        (each.path(output_format="list"), each.t1, each.t2) for group in found.values() for each in group
    )
    sides = (
        Step(tuple(map(str, path)), *(None if side is notpresent else _unpacked(side) for side in values))
        for path, *values in pairs
    )
    return sorted(sides, key=lambda each: each.path)


def _packed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _packed(each) for key, each in value.items()}
    return json.dumps(value, sort_keys=True)


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unpacked(each) for key, each in value.items()}
    return json.loads(value)


def differing(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Yield the keys whose values differ, sorted: nothing else needs to be looked at."""
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield key


def written(value: Any) -> str:
    """Return a JSON value as it would be written in a file, cut where it is long."""
    text = _written(value)
    return text if len(text) <= LONG else text[: LONG - 1] + "…"


def _written(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS_OF_YAML
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(key)}: {_written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    return json.dumps(value)
