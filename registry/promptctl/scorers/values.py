"""Values of assertions: what stands in the case for `{{ path }}`, and the forms that scorers take."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from promptctl.core.canonical import dumps
from promptctl.core.limits import PUBLISH
from promptctl.core.template import parse
from promptctl.errors import TemplateError

_LIMITS = replace(PUBLISH, loop_iterations=1_000, work_characters=1024 * 1024)
"""A value is filled in for every case: it may do less than a prompt."""
_BLOCK_WORK = 50
_PATH = re.compile(r"\{\{[ \t\n]*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)[ \t\n]*\}\}", re.ASCII)
_FIELD = re.compile(r'\s*(?:"(?P<quoted>(?:[^"\\]|""|\\.)*)"\s*(?=,|$)|(?P<plain>[^,]*))(?:,|$)', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])|""')


def filled(value: Any, scope: Mapping[str, Any]) -> Any:
    """Return the value with what `scope` has for its templates, in lists and mappings too.

    A text that is exactly one `{{ path }}` becomes what stands there, of whatever type; any other is
    rendered. Raise `ValueError` where the scope has nothing there.
    """
    if isinstance(value, list | tuple):
        return [filled(each, scope) for each in value]
    if isinstance(value, Mapping):
        return {key: filled(each, scope) for key, each in value.items()}
    if not isinstance(value, str) or not _is_template(value):
        return value
    path = _PATH.fullmatch(value)
    if path:
        return _found(path[1], scope)
    try:
        return _compiled(value)(scope)
    except TemplateError as error:
        raise ValueError(f"cannot be filled in: {error.message}") from error


@lru_cache(maxsize=64)
def _compiled(text: str) -> Callable[[Mapping[str, Any]], str]:
    """One value is filled in for every case."""
    return parse(text).compile(_LIMITS)


def work_of(value: Any) -> int:
    """Say how much work it is to fill in a value, 1 for a short one; 0 for what is the same in every case."""
    if isinstance(value, list | tuple):
        return sum(map(work_of, value))
    if isinstance(value, Mapping):
        return sum(map(work_of, value.values()))
    if not isinstance(value, str) or not _is_template(value):
        return 0
    return 1 + len(value) // 100 + _BLOCK_WORK * value.count("{%")


def _is_template(text: str) -> bool:
    return "{{" in text or "{%" in text or "{#" in text


def text_of(value: Any) -> str:
    """Return the text of a plain value: texts as they are, `1.0` as `1`, `true` and `false` in lower case."""
    return value if isinstance(value, str) else dumps(value)


def text_or_number(value: Any) -> str:
    """Return the text that an answer shall hold; raise `ValueError` for an empty one and for other types."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise ValueError("needs a text or a number as its value")
    return text_of(value)


def texts(value: Any) -> tuple[str, ...]:
    """Return the texts of a list, or of a text in which commas part them; in quotes a comma is text.

    Raise `ValueError` where there are none.
    """
    found = _comma_separated(value) if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not found:
        raise ValueError("needs a list, or texts parted by commas, as its value")
    return tuple(text_of(each) for each in found)


def _found(path: str, scope: Mapping[str, Any]) -> Any:
    value: Any = scope
    for name in path.split("."):
        if not isinstance(value, Mapping) or value.get(name) is None:
            raise ValueError(f"needs `{path}`, which the case does not have")
        value = value[name]
    return value


def _comma_separated(text: str) -> list[str]:
    found = []
    for field in _FIELD.finditer(text):
        if field["quoted"] is not None:
            found.append(_ESCAPED.sub(lambda match: match[1] or '"', field["quoted"]))
        elif plain := field["plain"].strip():
            found.append(plain)
    return found
