"""One file's content as plain values, with where each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
"""Keys and indexes that lead to a value inside a file: `("retrieval", "top_k")`."""


class Place(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML file, a front matter or one line of JSON says.

    A value under a key stands where its key stands. `plain` has the text of unquoted scalars that were read
    as something else than text (`1.10` is the number 1.1).
    """

    path: str
    value: Any
    places: Mapping[Path, Place] = field(default_factory=dict, repr=False)
    plain: Mapping[Path, str] = field(default_factory=dict, repr=False)

    def place(self, path: Path) -> Place:
        """Return where the value at `path`, or the nearest that holds it, stands."""
        return nearest(self.places, path)


def nearest(places: Mapping[Path, Place], path: Path) -> Place:
    """Return the place of `path` or of the nearest value that holds it; (1, 1) where none is known."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(1, 1))


def spelled(path: Path) -> str:
    """Return the path as people say it: `tools[0].access`."""
    text = ""
    for each in path:
        text += f"[{each}]" if isinstance(each, int) else f".{shown(each)}" if text else shown(each)
    return text


def shown(text: str) -> str:
    """Return somebody's text, cut so that it fits into a message."""
    return text if len(text) <= 40 else f"{text[:37]}…"


def is_deeper(value: Any, depth: int) -> bool:
    """Say whether mappings and lists are nested deeper than `depth`, without recursion."""
    level = [value]
    for _ in range(depth + 1):
        if not level:
            return False
        level = [
            child
            for each in level
            if isinstance(each, (dict, list))
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)
