"""The filters, and how values print, compare and are called in messages. Functions of plain JSON values.

They raise `ValueError` with a message for people; the compiled template adds the place. What could grow
beyond `size_limit` characters is refused before it is made.
"""

from __future__ import annotations

from promptctl.core.canonical import dumps
from promptctl.core.template.work import STRUCTURED, work_of_filter, work_of_replace

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable
    from typing import Any


class FilterRule:
    """What a filter does, how many arguments it takes, and how it is written.

    `work` says of the value, the result and the arguments what it cost; None where that is next to nothing.
    """

    __slots__ = ("apply", "at_least", "at_most", "example", "work")

    def __init__(
        self,
        apply: Callable[..., Any],
        example: str,
        at_least: int = 0,
        at_most: int = 0,
        work: Callable[..., int] | None = None,
    ) -> None:
        self.apply: Callable[..., Any] = apply
        self.example: str = example
        self.at_least: int = at_least
        self.at_most: int = at_most
        self.work: Callable[..., int] | None = work


def kind(value: object) -> str:
    """What a message calls a value's type; two values compare only if these are equal."""
    if isinstance(value, str):
        return "a string"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, list | tuple):
        return "a list"
    return "an object" if isinstance(value, dict) else f"a Python {type(value).__name__}"


def printed(value: object) -> str:
    """The text of a value in the output: strings as they are, the rest as RFC 8785; null is refused."""
    if isinstance(value, str):
        return value
    if value is None:
        raise ValueError("null has no text")
    return dumps(value)


def compared(operator: str, left: Any, right: Any) -> tuple[bool, int]:
    """The answer of a comparison and the work it was (`work`).

    The values have one type; order exists for numbers and strings only.
    """
    of = kind(left)
    if of != kind(right):
        raise ValueError(f"{of} and {kind(right)} cannot be compared")
    work = min(len(left), len(right)) if of == "a string" else 0
    if operator in {"==", "!="}:
        if of in {"a list", "an object"}:  # Python takes [1] for [true]
            left, right = dumps(left), dumps(right)
            work = STRUCTURED * (len(left) + len(right))
        return (left == right) is (operator == "=="), work
    if of not in {"a string", "a number"}:
        raise ValueError(f"'{operator}' compares numbers or strings, not {of}")
    if operator[0] == ">":
        left, right = right, left
    return bool(left < right if len(operator) == 1 else left <= right), work


def _string(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"'{name}' needs a string, not {kind(value)}")
    return value


def _within(size: int, size_limit: int) -> None:
    if size > size_limit:
        raise ValueError(f"the text grows beyond {size_limit:,} bytes")


def _sized(text: str, size_limit: int) -> str:
    _within(len(text), size_limit)
    return text


def _upper(size_limit: int, value: object) -> str:
    return _sized(_string("upper", value).upper(), size_limit)


def _lower(size_limit: int, value: object) -> str:
    return _sized(_string("lower", value).lower(), size_limit)


def _trim(_: int, value: object) -> str:
    return _string("trim", value).strip()


def _tojson(size_limit: int, value: object) -> str:
    return _sized(dumps(value), size_limit)


def _join(size_limit: int, value: object, separator: object = "") -> str:
    if not isinstance(value, list | tuple):
        raise ValueError(f"'join' needs a list, not {kind(value)}")
    between = _string("join", separator)
    parts = [printed(item) for item in value]
    _within(sum(map(len, parts)) + len(between) * max(0, len(parts) - 1), size_limit)
    return between.join(parts)


def _length(_: int, value: object) -> int:
    if not isinstance(value, str | list | tuple | dict):
        raise ValueError(f"'length' needs a string, a list or an object, not {kind(value)}")
    return len(value)


def _replace(size_limit: int, value: object, old: object, new: object) -> str:
    text, find, put = _string("replace", value), _string("replace", old), _string("replace", new)
    _within(len(text) + text.count(find) * (len(put) - len(find)), size_limit)
    return text.replace(find, put)


def _first(_: int, value: object) -> object:
    return _end("first", value, 0)


def _last(_: int, value: object) -> object:
    return _end("last", value, -1)


def _end(name: str, value: object, index: int) -> object:
    if not isinstance(value, str | list | tuple):
        raise ValueError(f"'{name}' needs a list or a string, not {kind(value)}")
    if not value:
        raise ValueError(f"{kind(value)} without elements has no '{name}'")
    return value[index]


def _default(_: int, value: object, _other: object) -> object:
    """Never called where the value is missing: the compiler decides that before it evaluates the rest."""
    return value


FILTERS = {
    "upper": FilterRule(_upper, "upper", work=work_of_filter),
    "lower": FilterRule(_lower, "lower", work=work_of_filter),
    "trim": FilterRule(_trim, "trim", work=work_of_filter),
    "join": FilterRule(_join, 'join(", ")', 0, 1, work_of_filter),
    "length": FilterRule(_length, "length"),
    "default": FilterRule(_default, 'default("…")', 1, 1),
    "tojson": FilterRule(_tojson, "tojson", work=work_of_filter),
    "replace": FilterRule(_replace, 'replace("old", "new")', 2, 2, work_of_replace),
    "first": FilterRule(_first, "first"),
    "last": FilterRule(_last, "last"),
}
