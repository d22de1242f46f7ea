"""The canonical print parses back to the same template, whatever the text looks like (formats.md)."""

from __future__ import annotations

from random import Random

from helpers.templates import Maker, inputs
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.template import parse
from promptctl.core.template.expressions import quoted
from promptctl.errors import TemplateError

_SIGNS = [
    "{",
    "}",
    "%",
    "#",
    "{{",
    "{%",
    "{#",
    "}}",
    "%}",
    "#}",
    "-",
    "'",
    '"',
    " ",
    "\n",
    "\t",
    "\u00a0",
    "é",
]
_WORDS = [
    "a",
    "x",
    "raw",
    "endraw",
    "{% endraw %}",
    "{%endraw%}",
    "{% raw %}",
    "{{ x }}",
    "{% if x %}",
    "{# c #}",
]
_FRAGMENTS = st.sampled_from(_SIGNS + _WORDS)
_TEXT = st.lists(_FRAGMENTS, max_size=12).map("".join)
_NEIGHBOUR = st.sampled_from(["", "{{ x }}", "{% if x %}{% endif %}", "{# c #}", "{% raw %}{% endraw %}"])


@given(_TEXT, _NEIGHBOUR, _NEIGHBOUR, st.booleans())
def test_every_text_survives_the_print_beside_every_neighbour(
    text: str, before: str, after: str, block: bool
) -> None:
    head, tail = ("{% if x %}", "{% endif %}") if block else ("", "")
    template = parse(f"{head}{before}{{% include 'text' %}}{after}{tail}", partials={"text": _verbatim(text)})
    printed = template.print()
    shown = "x" * ("{{" in before) + text + "x" * ("{{" in after)
    assert template.compile()({"x": "x"}) == shown
    assert parse(printed).compile()({"x": "x"}) == shown
    assert parse(printed).print() == printed


@given(_TEXT, _TEXT)
def test_texts_that_meet_are_one_text(left: str, right: str) -> None:
    partials = {"l": _verbatim(left), "r": _verbatim(right), "whole": _verbatim(left + right)}
    apart = parse("{% include 'l' %}{# c #}{% include 'r' %}", partials=partials)
    assert apart.print() == parse("{% include 'whole' %}", partials=partials).print()
    assert apart.compile()({}) == left + right


@given(_TEXT)
def test_raw_stands_only_round_text_that_holds_an_opener(text: str) -> None:
    printed = parse("{% include 'text' %}", partials={"text": _verbatim(text)}).print()
    if any(opener in text for opener in ("{{", "{%", "{#")):
        assert printed.startswith("{% raw %}")
    else:
        assert printed == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_string_has_a_literal_that_parses_back_to_it(text: str) -> None:
    template = parse(f"{{{{ {quoted(text)} }}}}")
    assert template.compile()({}) == text
    assert template.print() == f"{{{{ {quoted(text)} }}}}"


@given(st.integers(0, 2**32))
def test_printing_changes_neither_the_print_nor_what_is_rendered(seed: int) -> None:
    random = Random(seed)
    template, values = parse(Maker(random).template()), inputs(random)
    printed = parse(template.print())
    assert printed.print() == template.print()
    assert printed.compile()(values) == template.compile()(values)
    assert {name.path for name in printed.names()} == {name.path for name in template.names()}


@given(_TEXT)
def test_any_source_parses_or_is_refused_with_a_place_and_a_hint(source: str) -> None:
    error = _refusal(source)
    if error is None:
        assert parse(parse(source).print()).print() == parse(source).print()
    else:
        assert min(error.line, error.column) >= 1
        assert error.hint


def _refusal(source: str) -> TemplateError | None:
    try:
        parse(source, partials={})
    except TemplateError as error:
        return error
    return None


def _verbatim(text: str) -> str:
    """A source for any text, made without the printer: every brace in a raw of its own."""
    return text.replace("{", "\0").replace("\0", "{% raw %}{{% endraw %}")
