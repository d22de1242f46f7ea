"""The other implementations of our template language's meaning."""

from __future__ import annotations

from typing import Any

import minijinja
import rfc8785
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment


def _printed(value: Any) -> Any:
    """The documented difference: what is no string prints as RFC 8785 in our language."""
    if isinstance(value, str) or not isinstance(value, bool | int | float | list | dict):
        return value
    return rfc8785.dumps(value).decode()


def _json(value: Any) -> str:
    return rfc8785.dumps(value).decode()


_JINJA2 = SandboxedEnvironment(
    undefined=StrictUndefined, finalize=_printed, keep_trailing_newline=True, autoescape=False, cache_size=0
)
_JINJA2.filters["tojson"] = _json
_MINIJINJA = minijinja.Environment(
    finalizer=_printed,
    undefined_behavior="strict",
    keep_trailing_newline=True,
    auto_escape_callback=lambda _: False,
)
_MINIJINJA.add_filter("tojson", _json)


def by_jinja2(source: str, values: dict[str, Any]) -> str:
    """Return what jinja2's sandbox makes of a template; it raises for what is undefined."""
    return str(_JINJA2.from_string(source).render(values))


def by_minijinja(source: str, values: dict[str, Any]) -> str:
    """Return what minijinja makes of a template; it raises for what is undefined."""
    return str(_MINIJINJA.render_str(source, **values))
