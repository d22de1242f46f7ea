"""Which delimiters of a template stand around a value."""

from __future__ import annotations

import pytest

from promptctl.core.template import parse

UNTRUSTED = {
    "q": {"kind": "string"},
    "tier": {"kind": "string", "enumValues": ["free", "paid"]},
    "count": {"kind": "integer"},
    "docs": {
        "kind": "array",
        "items": {
            "kind": "object",
            "properties": {"text": {"kind": "string"}, "score": {"kind": "float"}},
        },
    },
    "user": {"kind": "object"},
    "words": {"kind": "array", "enumValues": ["a"]},
}


def _fences(source: str) -> list[tuple[str, ...]]:
    return [each.fences for each in parse(source).uses(UNTRUSTED)]


@pytest.mark.parametrize(
    ("source", "fences"),
    [
        ("<q>{{ q }}</q>", ("q",)),
        ('<Question lang="en">\n{{ q }}\n</question >', ("question",)),
        ("<a><b>{{ q }}</b></a>", ("a", "b")),
        ("<a><b>{{ q }}</a></b>", ("a", "b")),
        ("```\n{{ q }}\n```", ("```",)),
        ("````text\n{{ q }}\n````", ("```",)),
        ('"""{{ q }}"""', ('"""',)),
        ("<q>```\n{{ q }}\n```</q>", ("```", "q")),
        ("What stands in <q> is theirs. <q>{{ q }}</q>", ("q",)),
        ("<q>{% if vip %}{{ q }}{% endif %}</q>", ("q",)),
        ("{% for x in rows %}<q>{{ q }}</q>{% endfor %}", ("q",)),
        ('<doc id="{{ id }}">{{ q }}</doc>', ("doc",)),
        ("<q>1 < 2 {{ q }}</q>", ("q",)),
        ("<q><br/>{{ q }}</q>", ("q",)),
        ("{% raw %}<q>{% endraw %}{{ q }}</q>", ("q",)),
        ("<user_q-1.x>{{ q }}</user_q-1.x>", ("user_q-1.x",)),
    ],
)
def test_a_delimiter_that_stands_there_whatever_the_inputs_counts(
    source: str, fences: tuple[str, ...]
) -> None:
    assert _fences(source) == [fences]


@pytest.mark.parametrize(
    "source",
    [
        "{{ q }}",
        "`{{ q }}` '{{ q }}' \"{{ q }}\" [[{{ q }}]] <<<{{ q }}>>> ({{ q }})",
        "--- {{ q }} ---",
        "<q>{{ q }}",
        "{{ q }}</q>",
        "</q>{{ q }}<q>",
        "<q>x</q>{{ q }}<q>x</q>",
        "<q/>{{ q }}</q>",
        "<q>{{ q }}</p>",
        "<вопрос>{{ q }}</вопрос>",
        "```a``` {{ q }} ```b```",
        '<doc id="{{ q }}">text</doc>',
        "{% if vip %}<q>{% endif %}{{ q }}</q>",
        "<q>{% if vip %}</q>{% endif %}{{ q }}{% if vip %}<q>{% endif %}</q>",
        "<q>{% for x in rows %}</q>{{ q }}{% endfor %}</q>",
        "```{% if vip %}``` {{ q }} ```{% endif %}```",
        "{% if vip %}```{% endif %}``` {{ q }} ```",
        "<q><{{ q }}</q>",
        "<q></{{ vip }}{{ q }}</q>",
        "<q>< {% if vip %}{{ q }}{% endif %}</q>",
        "<q>{% if vip %}<{% endif %}{{ q }}</q>",
        "<q>{% for x in rows %}{{ q }}<{% endfor %}</q>",
        "{# <q> #}{{ q }}{# </q> #}",
    ],
)
def test_what_may_be_missing_or_is_no_pair_does_not(source: str) -> None:
    assert set(_fences(source)) == {()}


@pytest.mark.parametrize(
    "source",
    [
        "{{ tier }} {{ count }} {{ q | length }} {{ q == 'a' }} {{ not q }} {{ q and count }}",
        "{% if q == 'a' %}x{% endif %}{% for d in docs %}{{ loop.index }} {{ d.score }}{% endfor %}",
        "{% for q in rows %}{{ q }}{% endfor %}{{ other }} {{ (docs | first).score }}",
    ],
)
def test_what_cannot_hold_a_text_of_theirs_is_free(source: str) -> None:
    assert _fences(source) == []


@pytest.mark.parametrize(
    "printed",
    [
        "q",
        "q | upper",
        "q | default(other)",
        "other | default(q)",
        'other | replace("a", q)',
        "rows | join(q)",
        "docs",
        "docs | tojson",
        "(docs | last).text",
        "docs | first | tojson",
        "user.anything.below",
        "tier | lower | tojson",
        "count | tojson",
        "words",
    ],
)
def test_their_text_is_followed_through_filters_and_fields(printed: str) -> None:
    assert [each.spelled for each in parse(f"{{{{ {printed} }}}}").uses(UNTRUSTED)] == [printed]


def test_a_use_knows_its_place_its_input_and_its_label() -> None:
    source = "\n{% for d in docs %}{% for e in d.parts %}\n  {{ e.text | trim }}{% endfor %}{% endfor %}"
    (use,) = parse(source).uses(UNTRUSTED)
    assert (use.line, use.column, use.name, use.label, use.is_whole) == (3, 3, "docs", "text", False)


def test_what_a_loop_repeats_is_listed_once() -> None:
    assert len(_fences("<q>{% for d in docs %}{{ d.text }} <{% endfor %}</q>")) == 1


def test_a_fenced_template_prints_as_before_and_escapes_only_theirs() -> None:
    template = parse("<q>{{ q | upper }}{{ other }}{% include 'p' %}</q>", partials={"p": "{{ q }}"})
    fenced = template.fenced(UNTRUSTED)
    assert fenced.print() == template.print()
    assert fenced.compile()({"q": "</q>", "other": "</q>"}) == "<q>&lt;/Q></q>&lt;/q></q>"
    assert template.compile()({"q": "</q>", "other": ""}) == "<q></Q></q></q>"


def test_outer_delimiters_count_where_a_template_has_none() -> None:
    fenced = parse("{% for d in docs %}<d>{{ d.text }}</d>{{ d.title }}{% endfor %}").fenced(
        UNTRUSTED, ("c",)
    )
    values = {"docs": [{"text": "</d></c>", "title": "</d></c>"}]}
    assert fenced.compile()(values) == "<d>&lt;/d>&lt;/c></d></d>&lt;/c>"


@pytest.mark.parametrize(
    "source",
    [
        "".join(f"<a{n}>" for n in range(9)) + "{{ q }}" + "".join(f"</a{n}>" for n in range(9)),
        "".join(f"<a{n}>" for n in range(999)) + "{{ q }}" * 999 + "".join(f"</a{n}>" for n in range(999)),
    ],
)
def test_of_too_many_delimiters_none_counts(source: str) -> None:
    assert set(_fences(source)) == {()}


def test_beyond_thirty_two_sets_of_delimiters_none_counts() -> None:
    found = _fences("".join(f"<a{n}>{{{{ q }}}}</a{n}>" for n in range(40)) + "<a1>{{ q }}</a1>")
    assert found == [(f"a{n}",) for n in range(32)] + [()] * 8 + [("a1",)]


def test_loops_inside_of_loops_are_looked_at_once() -> None:
    opens = "".join(f"{{% for a{n} in rows %}}t " for n in range(16))
    assert len(_fences(opens + "<q>{{ q }}</q>" + "<{% endfor %}" * 16)) == 1
