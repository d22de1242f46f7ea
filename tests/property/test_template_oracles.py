"""Three implementations of one language: what we render, jinja2's sandbox and minijinja render too."""

from __future__ import annotations

from random import Random

import pytest
from helpers.oracles import by_jinja2, by_minijinja
from helpers.soak import examples
from helpers.templates import Maker, inputs

from promptctl.core.template import parse
from promptctl.errors import TemplateError


def _check(seed: int) -> None:
    random = Random(seed)
    source, values = Maker(random).template(), inputs(random)
    template = parse(source)
    ours = template.compile()(values)
    assert ours == by_jinja2(source, values), f"seed {seed}: {source!r}"
    assert ours == by_minijinja(source, values), f"seed {seed}: {source!r}"
    printed = template.print()
    assert parse(printed).print() == printed, f"seed {seed}: {source!r}"
    assert parse(printed).compile()(values) == ours, f"seed {seed}: {source!r}"


@pytest.mark.parametrize("block", range(10))
def test_five_thousand_generated_templates_render_alike_everywhere(block: int) -> None:
    size = examples(500, 5_000)
    for seed in range(block * size, block * size + size):
        _check(seed)


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
        by_jinja2(source, values)
    with pytest.raises(TemplateError, match="is not defined"):
        parse(source).compile()(values)
