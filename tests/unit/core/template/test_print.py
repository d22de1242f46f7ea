from __future__ import annotations

import pytest

from promptctl.core.template import parse


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("a\n b\n", "a\n b\n"),
        ("{{x}}", "{{ x }}"),
        ("{{\n x\t}}", "{{ x }}"),
        ("{{ (x) }}", "{{ x }}"),
        ("{{ a.b . c }}", "{{ a.b.c }}"),
        ("{{x|join(', ')|upper()}}", '{{ x | join(", ") | upper }}'),
        ("{{x|replace('a',b)}}", '{{ x | replace("a", b) }}'),
        ("{{ (x|first).y }}", "{{ (x | first).y }}"),
        ("{{ ('a').y }}", '{{ ("a").y }}'),
        ("{{ (a and b) and (c or d) or (e) }}", "{{ a and b and (c or d) or e }}"),
        ("{{ a or (b or c) }}", "{{ a or b or c }}"),
        ("{{ not (a == b) }}", "{{ not a == b }}"),
        ("{{ (not a)==b }}", "{{ (not a) == b }}"),
        ("{{ not(a and b) }}", "{{ not (a and b) }}"),
        ("{{ not not a }}", "{{ not not a }}"),
        ("{{ (a==b)==c }}", "{{ (a == b) == c }}"),
        ("{{ (a<b)|tojson }}", "{{ (a < b) | tojson }}"),
        ("{{ a<(b|length) }}", "{{ a < b | length }}"),
        ("{{ x|default((a or b)) }}", "{{ x | default(a or b) }}"),
        ("{{ 1.0 }}{{ -0 }}{{ 1e3 }}{{ 0.10 }}{{ 1e-7 }}", "{{ 1 }}{{ 0 }}{{ 1000 }}{{ 0.1 }}{{ 1e-7 }}"),
        ("{{ true and false }}", "{{ true and false }}"),
        (r"""{{ 'it\'s "x"\/\u00e9\n' }}""", '{{ "it\'s \\"x\\"/é\\n" }}'),
        (r"{{ '\u00a0\u007f\u2028\ud83d\ude00' }}", '{{ "\\u00a0\\u007f\\u2028\U0001f600" }}'),
        ("{{ '}}' }}", '{{ "}}" }}'),
        ("{%if a%}b{%elif c%}d{%else%}e{%endif%}", "{% if a %}b{% elif c %}d{% else %}e{% endif %}"),
        ("{%for x in(y)%}{{loop.index}}{%endfor%}", "{% for x in y %}{{ loop.index }}{% endfor %}"),
        ("a{# b #}c{##}", "ac"),
        ("{% raw %}a{% endraw %}", "a"),
        ("{% raw %}{% endraw %}", ""),
        ("a{% raw %}{{ b }}{% endraw %}c", "{% raw %}a{{ b }}c{% endraw %}"),
        ("{% raw %}{{% endraw %}{# c #}{ x }}", "{% raw %}{{ x }}{% endraw %}"),
        ("{% raw %}{{% endraw %}{# c #}x", "{x"),
        ("{% raw %}{{% endraw %}{{ x }}", "{% raw %}{{% endraw %}{{ x }}"),
        ("{% raw %}a {{% endraw %}{% if a %}{% endif %}", "{% raw %}a {{% endraw %}{% if a %}{% endif %}"),
        ("{% if a %}{% raw %}{{% endraw %}{% endif %}", "{% if a %}{% raw %}{{% endraw %}{% endif %}"),
        ("{% raw %}{{% endraw %}", "{"),
        ("{% raw %}{{% endraw %}{% raw %}% endraw %}{% endraw %}",) * 2,
        ("{% raw %}{{% endraw %}{% raw %}%endraw%}{{% endraw %}",) * 2,
    ],
)
def test_every_way_to_write_a_template_has_one_print(source: str, printed: str) -> None:
    assert parse(source).print() == printed
    assert parse(printed).print() == printed


def test_an_end_of_raw_can_be_text() -> None:
    source = "{% raw %}{{% endraw %}{% raw %}% endraw %}{% endraw %}"
    assert parse(source).compile()({}) == "{% endraw %}"


def test_what_an_include_brings_is_one_text_with_its_neighbours() -> None:
    template = parse("{% include 'a' %}{{ x }}", partials={"a": "a {"})
    assert template.print() == "{% raw %}a {{% endraw %}{{ x }}"
    template = parse("{% include 'a' %}{% include 'b' %}", partials={"a": "{", "b": "{ y"})
    assert template.print() == "{% raw %}{{ y{% endraw %}"
