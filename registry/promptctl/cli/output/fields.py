"""The fields of an artifact as indented lines, near to the YAML that people wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptctl.cli.output.layout import wrapped
from promptctl.cli.output.text import safe
from promptctl.core.canonical import dumps


def field_lines(value: Any, width: int, *, indent: int = 0) -> Iterator[str]:
    """Yield a mapping as `key: value` lines; lists of mappings begin each entry with `-`."""
    for key, each in value.items():
        yield from _field(f"{' ' * indent}{safe(str(key))}:", each, width, indent)


def scalar(value: Any) -> str:
    """Return a plain value on one line: texts as they are where that is clear, the rest as JSON."""
    if isinstance(value, str) and value and value == value.strip() and "\n" not in value:
        return safe(value)
    return safe(dumps(value))


def _item(value: Any) -> str:
    """Return a scalar of a list, in quotes where it could be taken for two."""
    text = scalar(value)
    return safe(dumps(value)) if isinstance(value, str) and set(text) & set(",[]") else text


def _field(label: str, value: Any, width: int, indent: int) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield label
        yield from field_lines(value, width, indent=indent + 2)
    elif isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
        yield label
        for each in value:
            yield from _entry(each, width, indent + 2)
    else:
        text = f"[{', '.join(map(_item, value))}]" if isinstance(value, list | tuple) else scalar(value)
        yield from wrapped(f"{label} {text}".strip(), width, indent=" " * indent, hang=" " * (indent + 4))


def _entry(value: Any, width: int, indent: int) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{' ' * indent}- {scalar(value)}"
        return
    lines = list(field_lines(value, width, indent=indent + 2))
    for place, line in enumerate(lines):
        yield f"{' ' * indent}- {line.lstrip()}" if place == 0 else line
