"""The marked values inside an artifact: its references, and its numbers that have bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

from promptctl.model.document import Path

Mark = Literal["reference", "bounds"]


class Marked(NamedTuple):
    """A value with the marks of its field and the path it has in the file."""

    path: Path
    marks: Mapping[str, Any]
    value: Any


class _Step(NamedTuple):
    attribute: str
    key: str
    marks: Mapping[str, Any] | None


def marked(value: Any, mark: Mark, path: Path = ()) -> Iterator[Marked]:
    """Yield every value below a dataclass whose field has this mark, those of lists one by one; absent ones
    are left out.
    """
    cls: Any = type(value)
    for attribute, key, marks in _steps(cls, mark):
        inner = getattr(value, attribute)
        if not inner and marks is None:
            continue
        for below, each in _items(inner):
            here = (*path, key, *below)
            if marks is None:
                yield from marked(each, mark, here)
            elif each is not None:
                yield Marked(here, marks, each)


def _items(value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield (path, value) of what a field holds: itself, or the members of a list or mapping."""
    if isinstance(value, tuple):
        yield from (((index,), each) for index, each in enumerate(value))
    elif isinstance(value, dict):
        yield from (((key,), each) for key, each in value.items())
    elif value is not None:
        yield (), value


@cache
def _steps(cls: Any, mark: Mark) -> tuple[_Step, ...]:
    """Return the fields of a class that have the mark, or lead to some that have."""
    keys = {field: key for key, field in getattr(cls, "KEYS", {}).items()}
    hints = get_type_hints(cls)
    steps = []
    for each in fields(cls):
        key = keys.get(each.name, each.name)
        if mark in each.metadata:
            steps.append(_Step(each.name, key, each.metadata))
        elif any(inner is not cls and _steps(inner, mark) for inner in _dataclasses(hints[each.name])):
            steps.append(_Step(each.name, key, None))
    return tuple(steps)


def _dataclasses(annotation: Any) -> Iterator[Any]:
    """Yield the dataclasses that an annotation holds."""
    if isinstance(annotation, type) and is_dataclass(annotation):
        yield annotation
    for each in get_args(annotation):
        yield from _dataclasses(each)
