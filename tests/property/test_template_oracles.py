"""Three implementations of one language: what we render, jinja2's sandbox and minijinja render too."""

from __future__ import annotations

from random import Random
from typing import Any

import minijinja
import pytest
import rfc8785
from helpers.templates import Maker, inputs
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from promptctl.core.template import parse
from promptctl.errors import TemplateError


def _printed(value: Any) -> Any:
    """The documented difference: what is no string prints as RFC 8785 in our language."""
    if isinstance(value, str) or not isinstance(value, bool | int | float | list | dict):
        return value
    return rfc8785.dumps(value).decode()


def _json(value: Any) -> str:
    return rfc8785.dumps(value).decode()


def _jinja2(source: str, values: dict[str, Any]) -> str:
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, finalize=_printed, keep_trailing_newline=True, autoescape=False
    )
    environment.filters["tojson"] = _json
    return environment.from_string(source).render(values)


def _minijinja(source: str, values: dict[str, Any]) -> str:
    environment = minijinja.Environment(
        finalizer=_printed,
        undefined_behavior="strict",
        keep_trailing_newline=True,
        auto_escape_callback=lambda _: False,
    )
    environment.add_filter("tojson", _json)
    return environment.render_str(source, **values)


@pytest.mark.parametrize("block", range(10))
def test_three_hundred_generated_templates_render_alike_everywhere(block: int) -> None:
    for seed in range(block * 30, block * 30 + 30):
        random = Random(seed)
        source, values = Maker(random).template(), inputs(random)
        template = parse(source)
        ours = template.compile()(values)
        assert ours == _jinja2(source, values), f"seed {seed}: {source!r}"
        assert ours == _minijinja(source, values), f"seed {seed}: {source!r}"
        printed = template.print()
        assert parse(printed).print() == printed, f"seed {seed}: {source!r}"
        assert parse(printed).compile()(values) == ours, f"seed {seed}: {source!r}"


def test_the_generated_templates_use_the_whole_language() -> None:
    sources = "".join(Maker(Random(seed)).template() for seed in range(300))
    filters = ["upper", "lower", "trim", "join", "length", "default", "tojson", "replace", "first", "last"]
    words = [
        "if",
        "elif",
        "else",
        "for",
        "loop.index",
        "loop.last",
        "and",
        "or",
        "not",
        "==",
        "<=",
        "raw",
        "{#",
    ]
    assert [word for word in [*words, *filters] if word not in sources] == []


@pytest.mark.parametrize(
    "source", ["{{ missing }}", "{{ user.missing }}", "{{ missing | upper }}", "{{ words | join(missing) }}"]
)
def test_what_jinja2_refuses_as_undefined_we_refuse(source: str) -> None:
    values = inputs(Random(1)) | {"words": ["a", "b"]}
    with pytest.raises(Exception, match=r"undefined|no attribute"):
        _jinja2(source, values)
    with pytest.raises(TemplateError, match="is not defined"):
        parse(source).compile()(values)
