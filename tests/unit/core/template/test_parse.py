from __future__ import annotations

import pytest

from promptctl.core.limits import LOAD, PUBLISH
from promptctl.core.template import parse
from promptctl.errors import TemplateError


def _refusal(source: str, **options: object) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        parse(source, **options)  # type: ignore[arg-type]
    assert caught.value.hint, f"no hint: {caught.value.message}"
    return caught.value


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ("a\n{{ x", (2, 1), "this '{{' is never closed"),
        ("{{ x {{ y }}", (1, 1), "this '{{' is never closed"),
        ("{{ x %}", (1, 6), "'{{' is closed by '%}'"),
        ("{% if x }}", (1, 9), "'{%' is closed by '}}'"),
        ("ab {# x", (1, 4), "this '{#' is never closed"),
        ("{% raw %} {{ x }}", (1, 1), "this 'raw' is never ended"),
        ("{% raw x %}{% endraw %}", (1, 8), "'raw' stands alone"),
        ("{% raw %}{%\u00a0endraw %}{{ x }}", (1, 1), "this 'raw' is never ended"),
        ("{{- x }}", (1, 1), "white space"),
        ("{{ x -}}", (1, 6), "white space"),
        ("{%- if x %}{% endif %}", (1, 1), "white space"),
        ("{% if x -%}{% endif %}", (1, 9), "white space"),
        ("{%+ if x %}{% endif %}", (1, 1), "white space"),
        ("{#- x #}", (1, 1), "white space"),
        ("{# x -#}", (1, 1), "white space"),
        ("{{ }}", (1, 1), "this tag is empty"),
        ("{{ a b }}", (1, 6), "expected the end of the tag, found 'b'"),
        ("{{ x[0] }}", (1, 5), "no indexing"),
        ("{{ [1] }}", (1, 4), "no list literals"),
        ("{{ x.0 }}", (1, 6), "expected the name of a field"),
        ("{{ range(3) }}", (1, 9), "there are no calls"),
        ("{{ a + 1 }}", (1, 6), "no arithmetic"),
        ("{{ a -1 }}", (1, 6), "no arithmetic"),
        ("{{ a * 2 }}", (1, 6), "no arithmetic"),
        ("{{ a ~ b }}", (1, 6), "'~' is no operator"),
        ("{{ a = b }}", (1, 6), "'=' is no operator"),
        ("{{ a is defined }}", (1, 6), "no tests with 'is'"),
        ("{% if a in b %}{% endif %}", (1, 9), "there is no 'in'"),
        ("{{ a if b else c }}", (1, 6), "no 'if' inside of an expression"),
        ("{{ a < b < c }}", (1, 10), "comparisons do not chain"),
        ("{{ x | uper }}", (1, 8), "there is no filter 'uper'"),
        ("{{ x | }}", (1, 8), "expected the name of a filter, found '}}'"),
        ("{{ x | upper('a') }}", (1, 8), "'upper' does not take 1 argument"),
        ("{{ x | default }}", (1, 8), "'default' does not take 0 arguments"),
        ("{{ x | join(1, 2) }}", (1, 8), "'join' does not take 2 arguments"),
        ("{{ x | replace('a') }}", (1, 8), "'replace' does not take 1 argument"),
        ("{{ x | default('a' 'b') }}", (1, 20), "expected ',' or ')'"),
        ("{{ x | default('a',) }}", (1, 20), "expected a value"),
        ("{{ (a }}", (1, 7), "expected ')'"),
        ("{{ a. }}", (1, 7), "expected the name of a field"),
        ("{{ 'a'.b }}", (1, 7), "expected the end of the tag"),
        ("{{ none }}", (1, 4), "'none' is no value here"),
        ("{{ True }}", (1, 4), "'True' is no value here"),
        ("{{ and }}", (1, 4), "expected a value"),
        ("{{ 01 }}", (1, 4), "this is no number"),
        ("{{ 1_000 }}", (1, 4), "this is no number"),
        ("{{ 9007199254740992 }}", (1, 4), "2^53-1"),
        ("{{ 1e999 }}", (1, 4), "2^53-1"),
        ("{{ " + "9" * 5000 + " }}", (1, 4), "2^53-1"),
        ("{{ 'a\nb' }}", (1, 4), "not closed on its line"),
        ("{{ “a” }}", (1, 4), "straight quotes"),
        (r"{{ 'ab\q' }}", (1, 7), "'\\q' is no escape"),
        (r"{{ '\ud800' }}", (1, 4), "surrogate"),
        ("{{ a\u00a0}}", (1, 5), "U+00A0"),
        ("{{ 'a\u2003b' }}", (1, 6), "U+2003"),
        ("{{ a\r}}", (1, 5), "U+000D"),
        ("{{ a\x00}}", (1, 5), "U+0000"),
        ("{{ 'a\tb' }}", (1, 6), "U+0009"),
        ("{{ größe }}", (1, 6), "'ö' cannot be part of a name"),
        ("{{ a ? b }}", (1, 6), "'?' has no meaning in a tag"),
        ("{% set x = [1] %}", (1, 1), "there is no tag 'set'"),
        ("{% macro f() %}", (1, 1), "there is no tag 'macro'"),
        ("{% iff x %}", (1, 1), "there is no tag 'iff'"),
        ("{% elif x %}", (1, 1), "belongs to no 'if'"),
        ("{% endfor %}", (1, 1), "belongs to no 'for'"),
        ("{% endraw %}", (1, 1), "belongs to no 'raw'"),
        ("{% for a in b %}{% endif %}", (1, 17), "belongs to no 'if'"),
        ("{% for a in b %}{% else %}{% endfor %}", (1, 17), "a 'for' has none"),
        ("{% if a %}{% else %}{% else %}{% endif %}", (1, 21), "belongs to no 'if'"),
        ("\n{% if a %}\n{% if b %}{% endif %}", (2, 1), "this 'if' has no 'endif'"),
        ("{% for a in b %}", (1, 1), "this 'for' has no 'endfor'"),
        ("{% if %}{% endif %}", (1, 7), "expected a value, found '%}'"),
        ("{% if a %}{% endif x %}", (1, 20), "expected the end of the tag"),
        ("{% for k, v in x %}{% endfor %}", (1, 9), "one variable"),
        ("{% for x y %}{% endfor %}", (1, 10), "expected 'in'"),
        ("{% for x in y if z %}{% endfor %}", (1, 15), "no 'if' inside"),
        ("{% for loop in y %}{% endfor %}", (1, 8), "cannot name a loop variable"),
        ("{% for not in y %}{% endfor %}", (1, 8), "cannot name a loop variable"),
        ("{% for 1 in y %}{% endfor %}", (1, 8), "expected the name of the loop variable"),
        ("{{ loop.index }}", (1, 4), "only inside of a for"),
        ("{% for x in y %}{{ loop }}{% endfor %}", (1, 20), "no value by itself"),
        ("{% for x in y %}{{ loop.cycle('a') }}{% endfor %}", (1, 25), "no 'loop.cycle'"),
        ("{% for x in y %}{% endfor %}{{ loop.index }}", (1, 32), "only inside of a for"),
        ("{% 'a' %}", (1, 4), "expected a word"),
        ("{% include x %}", (1, 12), "expected the partial's name"),
        ("{% include 'x' %}", (1, 1), "cannot be loaded here"),
    ],
)
def test_what_is_not_in_the_language_is_refused_at_its_place(
    source: str, place: tuple[int, int], message: str
) -> None:
    error = _refusal(source)
    assert message in error.message
    assert (error.line, error.column) == place


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("{{ x | uper }}", "did you mean upper?"),
        ("{{ x | d(1) }}", "known: upper, lower"),
        ("{% for x in y %}{{ loop.idx }}{% endfor %}", "did you mean index?"),
        ("{% iff x %}", "did you mean if?"),
        ("{{ a is defined }}", 'x | default("…")'),
        ("{{ a | join(1, 2) }}", 'x | join(", ")'),
        ("{{ Insert topic here }}", "{% raw %}"),
    ],
)
def test_the_hint_says_what_to_write_instead(source: str, hint: str) -> None:
    assert hint in _refusal(source).hint


def test_lines_count_from_the_first_line_given() -> None:
    error = _refusal("a\n\n {{ b c }}", first_line=10)
    assert (error.line, error.column) == (12, 7)


@pytest.mark.parametrize("text", ["}} %} #}", "{ {", "a { b } c", "{", "%}", "{\u00a0{", "---", "\u00a0\x07"])
def test_closers_and_single_braces_are_text(text: str) -> None:
    assert parse(text).compile()({}) == text


def test_tags_may_hold_line_feeds_and_tabs() -> None:
    assert parse("{{\n\tx\n|\nupper }}").compile()({"x": "a"}) == "A"


def test_partials_are_inlined_recursively_and_listed_once_in_the_order_of_use() -> None:
    partials = {"a": "<{% include 'b' %}>", "b": "{{ x }}", "c": "c"}
    template = parse("{% include 'a' %}{% include \"c\" %}{% include 'b' %}", partials=partials)
    assert template.print() == "<{{ x }}>c{{ x }}"
    assert template.includes == ("a", "b", "c")


def test_a_partial_sees_the_loop_it_is_included_in() -> None:
    template = parse(
        "{% for x in xs %}{% include 'p' %}{% endfor %}", partials={"p": "{{ loop.index }}{{ x }}"}
    )
    assert template.compile()({"xs": ["a", "b"]}) == "1a2b"
    assert template.names()[-1].path == "xs"


@pytest.mark.parametrize(
    ("partials", "message"),
    [
        ({"brand-voice": ""}, "there is no partial 'brand-voise'"),
        ({"brand-voise": "{% include 'brand-voise' %}"}, "includes itself: brand-voise → brand-voise"),
        ({"brand-voise": "a\n b {{ x[1] }}"}, "partial 'brand-voise', line 2: "),
        (
            {"brand-voise": "\n{% include 'b' %}", "b": "{{"},
            "partial 'brand-voise', line 2: partial 'b', line 1: this",
        ),
    ],
)
def test_an_error_in_a_partial_has_the_place_of_the_include(partials: dict[str, str], message: str) -> None:
    error = _refusal("a\n {% include 'brand-voise' %}", partials=partials)
    assert message in error.message
    assert (error.line, error.column) == (2, 2)


def test_an_unknown_partial_brings_the_nearest_name() -> None:
    assert (
        _refusal("{% include 'brand-voise' %}", partials={"brand-voice": ""}).hint
        == "did you mean brand-voice?"
    )
    assert _refusal("{% include 'x' %}", partials={}).hint == "write it to partials/x.md"


def test_partials_nest_five_deep_and_no_deeper() -> None:
    partials = {str(n): f"{{% include '{n + 1}' %}}" for n in range(1, 6)} | {"5": "end", "6": "end"}
    assert parse("{% include '1' %}", partials=partials).print() == "end"
    partials["5"] = "{% include '6' %}"
    assert "more than 5 deep" in _refusal("{% include '1' %}", partials=partials).message


def test_a_block_may_not_reach_out_of_a_partial() -> None:
    assert "has no 'endif'" in _refusal("{% include 'p' %}{% endif %}", partials={"p": "{% if a %}"}).message


def test_partials_cannot_multiply_beyond_the_size_of_a_bundle() -> None:
    partials = {"a": "{% include 'b' %}" * 60, "b": "x" * 100_000}
    assert "grow beyond" in _refusal("{% include 'a' %}", partials=partials).message


def test_partials_count_their_tags_wherever_they_are_included() -> None:
    partials = {str(n): f"{{% include '{n + 1}' %}}" * 10 for n in range(4)} | {"4": "{{ x }}"}
    assert "more than 5,000 tags" in _refusal("{% include '0' %}", partials=partials).message


def test_names_say_where_each_input_is_used_and_whether_it_may_be_missing() -> None:
    source = (
        "{{ a }}\n{% if user.name | default('x') == b %}{% endif %}"
        "{% for d in docs %}{{ d.id }}{{ loop.index }}{{ c.d | upper }}{% endfor %}\n{{ d }}"
        "{{ (e | first).f }}{% if not (g and h or i.j | default(k)) %}{% elif l %}{% endif %}"
    )
    found = [(name.name, name.path, name.line, name.column, name.guarded) for name in parse(source).names()]
    assert found[:3] == [("a", "a", 1, 4, False), ("user", "user.name", 2, 7, True), ("b", "b", 2, 35, False)]
    assert [(path, guarded) for _, path, _, _, guarded in found[3:]] == [
        ("docs", False), ("c.d", False), ("d", False), ("e", False),
        ("g", False), ("h", False), ("i.j", True), ("k", False), ("l", False),
    ]  # fmt: skip


def test_a_loop_variable_hides_an_input_only_inside_of_its_loop() -> None:
    names = parse("{{ x }}{% for x in x %}{{ x }}{% endfor %}{{ x }}").names()
    assert [(name.path, name.column) for name in names] == [("x", 4), ("x", 20), ("x", 46)]


def test_a_template_cannot_be_changed() -> None:
    template = parse("{{ a }}", partials={})
    with pytest.raises(AttributeError):
        template.includes = ("x",)  # type: ignore[misc]


def test_a_loader_accepts_twice_what_a_publisher_may_use() -> None:
    for limits in (PUBLISH, LOAD):
        nested = limits.block_nesting
        parse("{% if a %}" * nested + "{% endif %}" * nested, limits=limits)
        assert (
            "nested"
            in _refusal("{% if a %}" * (nested + 1) + "{% endif %}" * (nested + 1), limits=limits).message
        )
        depth = limits.expression_depth
        parse("{{ a" + " | trim" * (depth - 1) + " }}", limits=limits)
        assert "deep" in _refusal("{{ a" + " | trim" * depth + " }}", limits=limits).message
        tags = limits.tags_per_template
        parse("{{ a }}" * tags, limits=limits)
        assert "tags" in _refusal("{{ a }}" * (tags + 1), limits=limits).message


def test_the_size_counts_a_partial_as_often_as_it_is_included() -> None:
    partials = {"outer": '{% include "inner" %}!', "inner": "12345"}
    once, twice = '{% include "outer" %}', '{% include "outer" %}{% include "outer" %}'
    included = len(partials["outer"]) + len(partials["inner"])
    assert parse(once, partials=partials).size == len(once) + included
    assert parse(twice, partials=partials).size == len(twice) + 2 * included
