"""Whatever the value: the text has one fenced region, and unescaped its content is the value."""

from __future__ import annotations

import re

import pytest
from helpers.soak import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.template import parse
from promptctl.core.template.escaping import escaper, unescaped

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_PARTS = [
    "<", "</", "/", ">", "q", "Q", "</q>", "<q>", "<quote>", "!--", "![", "<!", "-", "a", "{{ q }}",
    "system:\n", "＜", "／", "ｑ", "ԛ", "𝐪", "é", "e\u0301", " ", "\n", "\u200b", "\u00ad", "\u0300",
    "\u2028", "\U000e003c", "\U000e0071", "&", "&lt;", "&amp;", "&#", "#", "60", ";", "lt;", "amp;", "x3c;",
    "`", "``", "```", "ˋ", '"', '""', '"""', "“", "„",
]  # fmt: skip
_HOSTILE = st.lists(st.sampled_from(_PARTS), max_size=14).map("".join)
_VALUES = _TEXT | _HOSTILE | st.tuples(_HOSTILE, _TEXT, _HOSTILE).map("".join)
_FENCES = {
    "q": ("<q>", "</q>", r"<\s*[/\\]*\s*q"),
    "```": ("```\n", "\n```", "```"),
    '"""': ('"""', '"""', '"""'),
}
_TEMPLATES = {
    fence: parse(f"{begin}{{{{ value }}}}{end}").fenced({"value": {"kind": "string"}}).compile()
    for fence, (begin, end, _) in _FENCES.items()
}


@pytest.mark.parametrize("fence", _FENCES)
@settings(max_examples=examples(100, 5_000), deadline=None)
@given(value=_VALUES)
def test_there_is_one_region_and_its_content_is_the_value(fence: str, value: str) -> None:
    begin, end, delimiter = _FENCES[fence]
    rendered = _TEMPLATES[fence]({"value": value})
    (content,) = re.findall(f"{re.escape(begin)}(.*?){re.escape(end)}", rendered, re.DOTALL)
    assert rendered == begin + content + end
    assert unescaped(content) == value
    assert re.findall(delimiter, content, re.IGNORECASE) == []


@settings(max_examples=examples(100, 5_000), deadline=None)
@given(st.lists(_HOSTILE, max_size=5))
def test_values_beside_one_another_make_no_delimiter(values: list[str]) -> None:
    for fence, (begin, end, delimiter) in _FENCES.items():
        template = parse(f"{begin}{{% for v in values %}}{{{{ v }}}}{{% endfor %}}{end}")
        rendered = template.fenced({"values": {"kind": "array"}}).compile()({"values": values})
        content = rendered[len(begin) : len(rendered) - len(end)]
        assert re.findall(delimiter, content, re.IGNORECASE) == [], fence


@settings(max_examples=examples(100, 5_000), deadline=None)
@given(_VALUES, st.sets(st.sampled_from(["q", "context", "```", '"""']), min_size=1))
def test_escaping_against_many_delimiters_can_be_undone(value: str, fences: set[str]) -> None:
    escape = escaper(tuple(sorted(fences)))
    assert unescaped(escape(value)) == value
    assert escape(value) == escape(value)


@settings(max_examples=examples(100, 5_000), deadline=None)
@given(
    _TEXT.filter(
        lambda text: (
            not re.search(r'[<«˂ᐸ‹≮≺⋖⟨⟪⦉⧼⩹〈❬❮❰〈《﹤＜&`"\U000e003cˋ‵`｀ʺˮ״“”„‟″‶〃〝〞〟❝❞＂]', text)
        )
    )
)
def test_text_without_signs_of_delimiters_stays_as_it_is(value: str) -> None:
    assert escaper(("q", "```", '"""'))(value) == value
