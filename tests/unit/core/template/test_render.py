from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from promptctl.core.limits import LOAD, PUBLISH
from promptctl.core.template import parse
from promptctl.errors import TemplateError


def _render(source: str, /, **inputs: Any) -> str:
    return parse(source).compile()(inputs)


def _refusal(source: str, /, **inputs: Any) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        _render(source, **inputs)
    return caught.value


@pytest.mark.parametrize(
    ("source", "inputs", "text"),
    [
        ("{{ x }}", {"x": True}, "true"),
        ("{{ x }}", {"x": 1.0}, "1"),
        ("{{ x }}", {"x": 0.1}, "0.1"),
        ("{{ x }}", {"x": 1e21}, "1e+21"),
        ("{{ x }}", {"x": {"b": [1, None, "é"], "a": False}}, '{"a":false,"b":[1,null,"é"]}'),
        ("{{ x }}", {"x": []}, "[]"),
        ("a{{ x }}b{{ y }}c", {"x": 1, "y": "<b>"}, "a1b<b>c"),
        ("{{ x }}", {"x": "{{ y }}{% if %}"}, "{{ y }}{% if %}"),
        ("{{ x.y.z }}", {"x": {"y": {"z": "deep"}}}, "deep"),
        ("{{ x.items }}{{ x.not }}", {"x": {"items": "a", "not": "b"}}, "ab"),
        ("{{ x and y }} {{ x or y }} {{ not x }}", {"x": "a", "y": ""}, "false true false"),
        ("{% if x %}a{% elif y %}b{% else %}c{% endif %}", {"x": 0, "y": [0]}, "b"),
        ("{% if x %}a{% elif y %}b{% else %}c{% endif %}", {"x": {}, "y": None}, "c"),
        ("{% if x %}a{% elif y %}b{% endif %}", {"x": "", "y": 0.0}, ""),
        ("{{ x == 1 }}{{ x != 1 }}{{ x < 2 }}", {"x": 1.0}, "truefalsetrue"),
        ("{{ x <= 1 }}{{ x > 0 }}{{ x >= 2 }}", {"x": 1.0}, "truetruefalse"),
        ("{{ x == y }}", {"x": [True], "y": [1]}, "false"),
        ("{{ x == y }}", {"x": {"a": 1, "b": [2]}, "y": {"b": [2.0], "a": 1}}, "true"),
        ("{{ x == y }}", {"x": None, "y": None}, "true"),
        ("{{ 'a' < 'b' }}{{ true == false }}", {}, "truefalse"),
        ("{{ false and x }}{{ true or x }}", {}, "falsetrue"),
        ("{{ x | upper }}{{ y | lower }}{{ z | trim }}", {"x": "ß", "y": "Ä", "z": " \n a b\t"}, "SSäa b"),
        ("{{ x | join }}{{ x | join('-') }}", {"x": ["a", 1, True]}, "a1truea-1-true"),
        ("{{ x | join(',') }}", {"x": []}, ""),
        ("{{ x | length }}{{ y | length }}{{ z | length }}", {"x": "é😀", "y": [1], "z": {}}, "210"),
        ("{{ x | tojson }}{{ 'a' | tojson | tojson }}", {"x": "a\n\"<é"}, '"a\\n\\"<é""\\"a\\""'),
        ("{{ x | replace('a', 'bb') }}{{ x | replace('', '-') }}", {"x": "aca"}, "bbcbb-a-c-a-"),
        ("{{ x | first }}{{ x | last }}{{ y | first }}{{ y | last }}", {"x": "ab", "y": [1, 2]}, "ab12"),
        ("{{ x | default('d') }}{{ x.y.z | default('e') }}", {}, "de"),
        ("{{ x.y | default('d') }}{{ x.z | default('e') }}", {"x": {"z": "z"}}, "dz"),
        ("{{ x.y | default('d') }}", {"x": None}, "d"),
        ("{{ x | default('d') }}", {"x": ""}, ""),
        ("{{ (x) | default(y | default('d')) | upper }}", {}, "D"),
        ("{% for x in xs %}{{ loop.index | default(9) }}{% endfor %}", {"xs": [0]}, "1"),
        ("{% for x in xs %}{{ x }}{% endfor %}{{ x }}", {"xs": ["a", "b"], "x": "o"}, "abo"),
        ("{% for x in x %}{{ x }}{% endfor %}", {"x": ["a", "b"]}, "ab"),
        ("{% for x in xs %}{{ loop.index }}{{ loop.index0 }}{% endfor %}", {"xs": ("a", "b")}, "1021"),
        ("{% for x in xs %}{{ loop.length }}{% endfor %}", {"xs": ["a", "b"]}, "22"),
        ("{% for x in xs %}{{ loop.revindex }}{{ loop.revindex0 }}{% endfor %}", {"xs": ["a", "b"]}, "2110"),
        ("{% for x in xs %}{{ loop.first }}{{ loop.last }} {% endfor %}", {"xs": [1]}, "truetrue "),
        (
            "{% for x in xs %}{% for y in x %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}",
            {"xs": [[1, 2], [], [3]]},
            "121 2 13 ",
        ),
    ],
)  # fmt: skip
def test_templates_render_as_formats_md_says(source: str, inputs: dict[str, Any], text: str) -> None:
    template = parse(source)
    assert template.compile()(inputs) == text
    assert parse(template.print()).compile()(inputs) == text


@pytest.mark.parametrize(
    ("source", "inputs", "message"),
    [
        ("{{ x }}", {}, "'x' is not defined"),
        ("a {{ x.y }} b", {"x": {}}, "'x.y' is not defined: the object has no 'y'"),
        ("{{ x.y.z }}", {"x": {"y": {}}}, "'x.y.z' is not defined"),
        ("{{ x.y }}", {"x": "text"}, "'x' is a string and has no 'y'"),
        ("{{ x.y }}", {"x": [1]}, "'x' is a list and has no 'y'"),
        ("{{ x.y }}", {"x": None}, "'x' is null and has no 'y'"),
        ("{{ x.y | default('d') }}", {"x": 1}, "'x' is a number and has no 'y'"),
        ("{{ (x | first).y }}", {"x": ["a"]}, "the value is a string and has no 'y'"),
        ("{{ x }}", {"x": None}, "'x' cannot be printed: null has no text"),
        ("{{ x }}", {"x": float("nan")}, "'x' cannot be printed: NaN"),
        ("{{ x }}", {"x": 2**53}, "'x' cannot be printed: an integer beyond"),
        ("{{ x }}", {"x": b"a"}, "'x' cannot be printed: a bytes"),
        ("{{ x }}", {"x": ["\ud800"]}, "'x' cannot be printed: half of a surrogate pair"),
        ("{% if x %}{% endif %}", {}, "'x' is not defined"),
        ("{{ x | upper | default('d') }}", {}, "'x' is not defined"),
        ("{{ x | join(y) }}", {"x": []}, "'y' is not defined"),
        ("{{ x | default(y) }}", {}, "'y' is not defined"),
        ("{{ x | upper }}", {"x": 1}, "'upper' needs a string, not a number"),
        ("{{ x | trim }}", {"x": None}, "'trim' needs a string, not null"),
        ("{{ x | join }}", {"x": "abc"}, "'join' needs a list, not a string"),
        ("{{ x | join(1) }}", {"x": []}, "'join' needs a string, not a number"),
        ("{{ x | join }}", {"x": [None]}, "null has no text"),
        ("{{ x | length }}", {"x": 1}, "'length' needs a string, a list or an object, not a number"),
        ("{{ x | replace('a', 1) }}", {"x": "a"}, "'replace' needs a string, not a number"),
        ("{{ x | first }}", {"x": []}, "a list without elements has no 'first'"),
        ("{{ x | last }}", {"x": {}}, "'last' needs a list or a string, not an object"),
        ("{{ x == 1 }}", {"x": True}, "a boolean and a number cannot be compared"),
        ("{{ x == 'a' }}", {"x": None}, "null and a string cannot be compared"),
        ("{{ x != y }}", {"x": [], "y": {}}, "a list and an object cannot be compared"),
        ("{{ x < y }}", {"x": [], "y": []}, "'<' compares numbers or strings, not a list"),
        ("{{ true < false }}", {}, "'<' compares numbers or strings, not a boolean"),
        ("{% for a in x %}{% endfor %}", {"x": {"a": 1}}, "a for needs a list, but 'x' is an object"),
        ("{% for a in x | upper %}{% endfor %}", {"x": "a"}, "a for needs a list, but the value is a string"),
    ],
)
def test_what_has_no_clear_meaning_is_refused_with_its_line(
    source: str, inputs: dict[str, Any], message: str
) -> None:
    error = _refusal("\n" + source, **inputs)
    assert message in error.message
    assert error.line == 2
    assert error.column > 0


def test_only_the_branch_taken_is_evaluated() -> None:
    assert _render("{% if a %}{{ a }}{% else %}{{ missing }}{% endif %}", a="x") == "x"


def test_a_string_with_half_of_a_surrogate_pair_is_refused() -> None:
    assert "surrogate" in _refusal("{{ x }}", x="\ud800").message


def test_any_mapping_of_inputs_will_do_and_none_is_changed() -> None:
    inputs: Mapping[str, Any] = MappingProxyType({"xs": ["a"], "x": "b"})
    assert parse("{% for x in xs %}{{ x }}{% endfor %}{{ x }}").compile()(inputs) == "ab"
    assert dict(inputs) == {"xs": ["a"], "x": "b"}


def test_an_attribute_of_a_python_object_is_never_read() -> None:
    assert "is not defined" in _refusal("{{ x.keys }}", x={}).message
    assert "is a string" in _refusal("{{ x.upper }}", x="a").message
    assert "has no" in _refusal("{{ x.__class__ }}", x={}).message


def test_long_stretches_of_text_and_names_render_in_order() -> None:
    source = "".join(f"<{n}>{{{{ x{n} }}}}{{{{ o.y{n} }}}}" for n in range(50))
    inputs: dict[str, Any] = {f"x{n}": f"x{n}" for n in range(50)} | {"o": {f"y{n}": n for n in range(50)}}
    assert _render(source, **inputs) == "".join(f"<{n}>x{n}{n}" for n in range(50))


def test_a_compiled_template_serves_many_threads_at_once() -> None:
    render = parse("{% for x in xs %}{{ loop.index }}{{ x }}{% endfor %}").compile()
    wrong: list[str] = []

    def work(name: str) -> None:
        wanted = "".join(f"{n}{name}" for n in range(1, 51))
        wrong.extend(found for _ in range(40) if (found := render({"xs": [name] * 50})) != wanted)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


_SMALL = dataclasses.replace(PUBLISH, rendered_size_bytes=100, loop_iterations=10)


@pytest.mark.parametrize(
    ("source", "inputs"),
    [
        ("{{ x }}", {"x": "a" * 100}),
        ("{{ x }}", {"x": "é" * 50}),
        ("{{ x | upper }}", {"x": "a" * 100}),
        ("{% for x in xs %}0123456789{% endfor %}", {"xs": [0] * 10}),
    ],
)
def test_the_size_limit_is_in_bytes_and_inclusive(source: str, inputs: dict[str, Any]) -> None:
    render = parse(source).compile(_SMALL)
    assert len(render(inputs).encode()) == 100
    with pytest.raises(TemplateError, match=r"grows beyond 100 bytes"):
        parse(source + ".").compile(_SMALL)(inputs)


def test_loop_iterations_are_counted_over_the_whole_render() -> None:
    source = "{% for x in xs %}{% for y in xs %}{% endfor %}{% endfor %}"
    render = parse(source).compile(dataclasses.replace(_SMALL, loop_iterations=12))
    assert render({"xs": [1, 2, 3]}) == ""
    with pytest.raises(TemplateError, match="more than 12 times"):
        render({"xs": [1, 2, 3, 4]})
    assert render({"xs": [1, 2, 3]}) == ""


_BOMBS: list[tuple[str, dict[str, Any]]] = [
    ("{% for a in x %}{% for b in x %}{{ a }}{% endfor %}{% endfor %}", {"x": ["y"] * 1000}),
    ("{% for a in x %}{{ big }}{% endfor %}", {"x": [0] * 90_000, "big": "y" * 100_000}),
    ("{% for a in x %}{{ o.big }}{{ o.big }}{% endfor %}", {"x": [0] * 90_000, "o": {"big": "y" * 100_000}}),
    ("{% for a in x %}" + "y" * 20_000 + "{% endfor %}", {"x": [0] * 90_000}),
    ("{% for a in x %}{{ big | upper }}{% endfor %}", {"x": [0] * 90_000, "big": "y" * 100_000}),
    ("{{ big }}" * 4000, {"big": "y" * 1_000_000}),
    ("{{ big | lower }}" * 4000, {"big": "Y" * 1_000_000}),
    ("{{ x" + " | replace('a', 'aaaaaaaaaa')" * 30 + " }}", {"x": "a"}),
    ("{% if (x" + " | replace('a', 'aaaaaaaaaa')" * 29 + ") == 'b' %}{% endif %}", {"x": "a"}),
    ("{{ x | replace('', big) }}", {"x": "a" * 100_000, "big": "y" * 1_000_000}),
    ("{{ x | join(big) }}", {"x": ["a"] * 100_000, "big": "y" * 1_000_000}),
    ("{{ x" + " | tojson" * 31 + " }}", {"x": '"'}),
    ("{{ x | tojson }}", {"x": ["y" * 1_000_000] * 3}),
    ("{{ x | upper }}", {"x": "\u0390" * 1_000_000}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "inputs"), _BOMBS)
def test_what_multiplies_is_stopped(source: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match=r"grows beyond 2,097,152 bytes|more than 100,000 times"):
        parse(source).compile(LOAD)(inputs)


_BIG = "a" * 400_000
_PAIRS = "{% for a in xs %}{% for b in xs %}INSIDE{% endfor %}{% endfor %}"
_WORK: list[tuple[str, dict[str, Any]]] = [
    ("{{ big | tojson | length }}", {"big": _BIG}),
    ("{{ big | upper | length }}", {"big": _BIG}),
    ("{{ big | lower | length }}", {"big": _BIG}),
    ("{{ big | trim | length }}", {"big": _BIG}),
    ("{{ big | replace('b', 'c') | length }}", {"big": _BIG}),
    ("{{ big | replace(old, 'c') | length }}", {"big": "a" * 2400, "old": "a" * 600 + "b" + "a" * 600}),
    ("{{ many | join | length }}", {"many": [""] * 5000}),
    ("{{ many | tojson | length }}", {"many": [1.5] * 5000}),
    ("{% if big == twin %}{% endif %}", {"big": _BIG, "twin": "".join(_BIG)}),
    ("{% if big < twin %}{% endif %}", {"big": _BIG, "twin": _BIG + "a"}),
    ("{% if many == twin %}{% endif %}", {"many": [1] * 5000, "twin": [1] * 5000}),
    ("{% if a %}{% endif %}" * 2000, {}),
    ("{% if " + "not a and " * 5000 + "a %}{% endif %}", {}),
]


@pytest.mark.parametrize(("inside", "inputs"), _WORK)
def test_work_that_writes_nothing_is_stopped(inside: str, inputs: dict[str, Any]) -> None:
    render = parse(_PAIRS.replace("INSIDE", inside)).compile(
        dataclasses.replace(LOAD, work_characters=4_000_000)
    )
    with pytest.raises(TemplateError, match=r"works through more than 4,000,000 characters") as caught:
        render({"xs": [0] * 220, **inputs})
    assert caught.value.line == 1
    assert "loop" in caught.value.hint


def test_a_loader_lets_a_render_do_twice_the_work_of_a_publisher() -> None:
    template = parse("{% for a in xs %}{{ big | upper | length }}{% endfor %}")
    inputs = {"xs": [0] * 60, "big": _BIG}
    assert template.compile(LOAD)(inputs) == "400000" * 60
    with pytest.raises(TemplateError, match="more than 33,554,432 characters"):
        template.compile(PUBLISH)(inputs)


def test_work_is_counted_for_each_render_alone() -> None:
    render = parse("{{ x | upper }}").compile(dataclasses.replace(_SMALL, work_characters=100))
    assert [render({"x": "a" * 50}) for _ in range(3)] == ["A" * 50] * 3
    with pytest.raises(TemplateError, match="more than 100 characters"):
        render({"x": "a" * 51})


def test_looking_at_the_ends_or_the_length_of_a_large_value_is_no_work() -> None:
    render = parse(
        "{% for a in xs %}{{ big | first }}{{ big | last }}{{ big | length }}{% endfor %}"
    ).compile()
    assert render({"xs": [0] * 1000, "big": _BIG}) == "aa400000" * 1000


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 100_000 + "x" + ")" * 100_000 + " }}",
        "{{ " + "not " * 100_000 + "x }}",
        "{{ x" + ".y" * 100_000 + " }}",
        "{{ x" + " | trim" * 100_000 + " }}",
        "{{ " + "x | default(" * 100_000 + "x" + ")" * 100_000 + " }}",
        "{{ " + "(not " * 100_000 + "x" + ")" * 100_000 + " }}",
        "{% if x %}" * 100_000,
        "{% for x in x %}" * 100_000,
        "{{" * 100_000,
        "{{ x" * 100_000,
        "{#" * 100_000,
        "{% raw %}" * 100_000,
        "{{ '" * 100_000,
        "{{ " + "'" * 99_999 + " }}",
        "{{ " + "'\\" * 100_000 + " }}",
        "{{ " + "1" * 500_000 + "a }}",
        "{{ x }}" * 100_000,
        "{{ " + "\\" * 100_000 + " }}",
        "{% elif x %}" * 100_000,
    ],
    ids=range(19),
)
def test_hostile_sources_end_in_a_refusal(source: str) -> None:
    with pytest.raises(TemplateError):
        parse(source, limits=LOAD)


def test_long_chains_of_operands_are_flat() -> None:
    for word in ("and", "or"):
        template = parse("{{ " + f" {word} ".join(["x"] * 5_000) + " }}")
        assert template.compile()({"x": True}) == "true"
        assert parse(template.print()).print() == template.print()


def test_cyclic_values_are_refused() -> None:
    value: list[Any] = []
    value.append(value)
    assert "nested too deeply" in _refusal("{{ x }}", x=value).message
    assert "nested too deeply" in _refusal("{{ x | tojson }}", x=value).message
    assert "nested too deeply" in _refusal("{{ x == x }}", x=value).message


def test_the_deepest_template_a_loader_accepts_parses_prints_and_renders() -> None:
    nested, depth = LOAD.block_nesting - 1, LOAD.expression_depth - 1
    deepest = (
        "{% if x %}" * nested + "{{ " + "(not " * depth + "x" + ")" * depth + " }}" + "{% endif %}" * nested
    )
    partials = {"1": "{% include '2' %}", "2": "{% include '3' %}", "3": deepest}
    template = parse("{% if x %}{% include '1' %}{% endif %}", partials=partials, limits=LOAD)
    assert template.compile()({"x": True}) == "false"
    assert parse(template.print(), limits=LOAD).print() == template.print()
    assert len(template.names()) == LOAD.block_nesting + 1


def test_values_that_are_not_ascii_render_and_count_in_bytes() -> None:
    render = parse("{{ x }}{% for y in ys %}{{ y.z }}, {% endfor %}").compile(_SMALL)
    assert render({"x": "ü", "ys": [{"z": "é"}, {"z": 1}]}) == "üé, 1, "
    with pytest.raises(TemplateError, match="beyond 100 bytes"):
        render({"x": "ü" * 51, "ys": []})
