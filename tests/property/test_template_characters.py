"""Every character that shows nothing, in every place of every tag: refused there, or plain white space."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from promptctl.core.template import parse
from promptctl.errors import TemplateError

_ALLOWED = " \t\n"
_CATEGORIES = frozenset(("Zs", "Zl", "Zp", "Cc", "Cf"))
_FILLERS = "\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\ufe0f\uffa0\U000e0100"
"""Of other categories, and invisible all the same."""
HIDDEN = [
    char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) in _CATEGORIES
] + list(_FILLERS)

PLACES = [
    "{{@x }}", "{{ x@}}", "{{ x@| upper }}", "{{ x |@upper }}", "{{ x | upper@}}", "{{ x | join@('a') }}",
    "{{ x | join(@'a') }}", "{{ x | join('a'@) }}", "{{ x | replace('a',@'b') }}",
    "{{ x | replace('a'@, 'b') }}", "{{ u@.n }}", "{{ u.@n }}", "{{ x ==@'a' }}", "{{ x@== 'a' }}",
    "{{ not@x }}", "{{ (@x) }}",
    "{{ (x@) }}", "{{ x and@x }}", "{{ 1@}}", "{{@1 }}", "{{ true@}}",
    "{%@if x %}t{% endif %}", "{% if@x %}t{% endif %}", "{% if x@%}t{% endif %}",
    "{% if x %}t{%@elif x %}t{% endif %}", "{% if x %}t{% elif@x %}t{% endif %}",
    "{% if x %}t{%@else %}t{% endif %}", "{% if x %}t{% else@%}t{% endif %}",
    "{% if x %}t{%@endif %}", "{% if x %}t{% endif@%}",
    "{%@for a in xs %}t{% endfor %}", "{% for@a in xs %}t{% endfor %}", "{% for a@in xs %}t{% endfor %}",
    "{% for a in@xs %}t{% endfor %}", "{% for a in xs@%}t{% endfor %}", "{% for a in xs %}t{%@endfor %}",
    "{% for a in xs %}t{% endfor@%}",
    "{%@raw %}t{% endraw %}", "{% raw@%}t{% endraw %}", "{% raw %}t{%@endraw %}", "{% raw %}t{% endraw@%}",
    "{%@include 'p' %}", "{% include@'p' %}", "{% include 'p'@%}",
]  # fmt: skip
SPLITS = ["{{ x@x }}", "{% i@f x %}t{% endif %}", "{{ x | up@per }}", "{{ 1@0 }}", "{% include 'p@p' %}"]
"""Inside of a word nothing may stand, white space neither."""
_VALUES = {"x": "b", "xs": ["a"], "u": {"n": "m"}}


def _rendered(source: str) -> str:
    values = _VALUES | ({"x": ["b"]} if "join" in source else {})
    return parse(source, partials={"p": "part"}).compile()(values)


def test_there_are_all_of_them() -> None:
    assert len(HIDDEN) > 240
    assert {"\x00", "\x85", "\u00a0", "\u200b", "\u2028", "\ufeff", "\U000e0001"} <= {*HIDDEN}


@pytest.mark.parametrize("place", PLACES)
def test_only_space_tab_and_line_feed_may_stand_between_the_words_of_a_tag(place: str) -> None:
    plain = _rendered(place.replace("@", " "))
    for char in HIDDEN:
        source = f"ab\n{place.replace('@', char)}"
        if char in _ALLOWED:
            assert _rendered(source) == f"ab\n{plain}", ascii(source)
            continue
        with pytest.raises(TemplateError) as caught:
            parse(source, partials={"p": "part"})
        assert (caught.value.line, bool(caught.value.hint)) == (2, True), ascii(source)
        assert char not in caught.value.message, ascii(source)


@pytest.mark.parametrize("place", SPLITS)
def test_nothing_that_does_not_show_may_stand_inside_of_a_word(place: str) -> None:
    for char in HIDDEN:
        with pytest.raises(TemplateError):
            parse(place.replace("@", char), partials={"p": "part"})


def test_a_string_holds_what_it_shows() -> None:
    for char in HIDDEN:
        source = f"{{{{ 'a{char}b' }}}}"
        if char != " " and (char.isspace() or unicodedata.category(char) == "Cc"):
            with pytest.raises(TemplateError) as caught:
                parse(source)
            assert caught.value.hint.startswith((f"write it as \\u{ord(char):04x}", "end it with")), ascii(
                source
            )
        else:
            template = parse(source)
            assert template.compile()({}) == parse(template.print()).compile()({}) == f"a{char}b"


@pytest.mark.parametrize("between", ["{@{ x }}", "{@% if x %}", "{{ x }@}", "{@# c #}"])
def test_what_stands_between_the_signs_of_a_delimiter_makes_no_delimiter(between: str) -> None:
    for char in HIDDEN:
        source = between.replace("@", char)
        try:
            template = parse(source)
        except TemplateError:
            continue
        assert template.compile()(_VALUES) == parse(template.print()).compile()(_VALUES) == source


def test_raw_ends_where_the_parser_says_and_nowhere_else() -> None:
    for char in HIDDEN:
        inside = f"{{%{char}endraw %}}{{{{ x }}}}"
        if char in _ALLOWED:
            continue
        template = parse(f"{{% raw %}}{inside}{{% endraw %}}")
        assert template.compile()(_VALUES) == parse(template.print()).compile()(_VALUES) == inside
        assert template.names() == ()
