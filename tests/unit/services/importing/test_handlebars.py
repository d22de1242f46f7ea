from __future__ import annotations

from typing import Any

import pytest

from promptctl.core.template import parse
from promptctl.errors import TemplateError
from promptctl.services.importing.bodies import Tag, template
from promptctl.services.importing.handlebars import History, Part, Role, translate

STRING = {"kind": "string", "required": True}
ITEMS = {
    "kind": "array",
    "required": True,
    "items": {"kind": "object", "properties": {"title": STRING, "price": {"kind": "float"}}},
}
WORDS = {"kind": "array", "required": True, "items": {"kind": "string"}}
USER = {"kind": "object", "properties": {"name": STRING}}


def translated(source: str, **inputs: Any) -> list[Part]:
    return translate(source, inputs, first_line=1, partial=lambda name: name, say=lambda *_: None)


def rendered(source: str, inputs: dict[str, Any], values: dict[str, Any]) -> str:
    """Return what our runtime makes of the translation."""
    parts = [each for each in translated(source, **inputs) if isinstance(each, str | Tag)]
    return parse(template(parts)).compile()(values)


@pytest.mark.parametrize(
    ("source", "inputs", "values", "expected"),
    [
        ("Hello, {{name}}! {{{name}}} {{&name}}", {"name": STRING}, {"name": "<b>"}, "Hello, <b>! <b> <b>"),
        ("[{{user.name}}]", {"user": USER}, {}, "[]"),
        ("[{{user.name}}]", {"user": USER}, {"user": {"name": "Ada"}}, "[Ada]"),
        ("{{#if a}}yes{{else}}no{{/if}}", {"a": STRING}, {"a": ""}, "no"),
        (
            "{{#if a}}1{{else if b}}2{{else}}3{{/if}}",
            {"a": {"kind": "boolean"}, "b": STRING},
            {"b": "x"},
            "2",
        ),
        ("{{^if a}}none{{/if}}", {"a": {"kind": "boolean"}}, {}, "none"),
        ("{{#unless a}}none{{else}}some{{/unless}}", {"a": STRING}, {"a": "x"}, "some"),
        (
            "{{#each w}}{{@index}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}",
            {"w": WORDS},
            {"w": ["a", "b"]},
            "0a, 1b",
        ),
        ("{{#each w as |x i|}}{{i}}{{x}}{{/each}}", {"w": WORDS}, {"w": ["a", "b"]}, "0a1b"),
        ("{{#each w}}x{{else}}none{{/each}}", {"w": WORDS}, {"w": []}, "none"),
        (
            "{{#each its}}{{title}}:{{this.price}}:{{../w}};{{/each}}",
            {"its": ITEMS, "w": STRING},
            {"its": [{"title": "a"}, {"title": "b", "price": 2}], "w": "W"},
            "a::W;b:2:W;",
        ),
        (
            "{{#each a}}{{#each this}}{{this}}{{/each}}|{{/each}}",
            {"a": {"kind": "array", "required": True, "items": WORDS}},
            {"a": [["x", "y"], ["z"]]},
            "xy|z|",
        ),
        (
            "{{#with user}}{{name}} {{@root.w}}{{else}}nobody{{/with}}",
            {"user": USER, "w": STRING},
            {"user": {"name": "Ada"}, "w": "W"},
            "Ada W",
        ),
        ("{{#with user}}{{name}}{{else}}nobody{{/with}}", {"user": USER}, {}, "nobody"),
        ("{{w}}", {"w": WORDS}, {"w": ["a", "b"]}, "a,b"),
        ('{{#ifEquals a "x"}}same{{else}}other{{/ifEquals}}', {"a": STRING}, {"a": "x"}, "same"),
        ('{{#unlessEquals a "x"}}other{{/unlessEquals}}', {"a": STRING}, {"a": "x"}, ""),
        ("{{json w}}", {"w": WORDS}, {"w": ["a"]}, '["a"]'),
        ("{{first-name}}", {}, {"first_name": "Ada"}, "Ada"),
        ("a {{!-- {{b}} --}}c{{! d }}", {}, {}, "a c"),
        (r"\{{a}} \\{{a}}", {"a": STRING}, {"a": "x"}, "{{a}} \\x"),
        ("{ {{a}} } {% {# user:", {"a": STRING}, {"a": "x"}, "{ x } {% {# user:"),
    ],
)
def test_a_translated_template_prints_what_handlebars_prints(
    source: str, inputs: dict[str, Any], values: dict[str, Any], expected: str
) -> None:
    assert rendered(source, inputs, values) == expected


SHOW: dict[str, Any] = {"show": {"kind": "boolean", "required": True}, "name": STRING, "items": WORDS}
VALUES = {"show": True, "name": "Beautiful", "items": ["one", "two", "three"]}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hello   {{~name~}}   World\n", "HelloBeautifulWorld\n"),
        ("Hello   {{~name}} World\n", "HelloBeautiful World\n"),
        ("Hello {{name~}}   World\n", "Hello BeautifulWorld\n"),
        ("<div>\n    {{~name~}}\n</div>\n", "<div>Beautiful</div>\n"),
        ("Items:{{#each items~}}\n- {{this}}\n{{~/each}}Done\n", "Items:- one- two- threeDone\n"),
        ("Start\n{{~#if show~}}\nContent\n{{~/if~}}\nEnd\n", "StartContentEnd\n"),
        ("a\n  {{#if show}}  \nb\n{{else}}\nc\n{{/if}}\nd", "a\nb\nd"),
        ("{{#if show}}\n{{#if show}}\nx\n{{/if}}\n{{/if}}\n", "x\n"),
        ("a {{#if show}}\nb{{/if}}\n", "a \nb\n"),
        ("{{! alone }}\na\n {{name}} \n", "a\n Beautiful \n"),
    ],
)
def test_white_space_is_that_of_handlebars(source: str, expected: str) -> None:
    assert rendered(source, SHOW, VALUES) == expected


def test_roles_history_and_partials_are_places_of_ours() -> None:
    found = translated('{{role "system"}}A{{> voice}}{{history}}{{role "model"}}B')
    assert found == [
        Role("system"),
        "A",
        Tag('{% include "voice" %}'),
        History(),
        Role("assistant"),
        "B",
    ]


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("a\n{{media url=image}}", 2, "the helper `media` cannot be translated"),
        ('{{section "intro"}}', 1, "the helper `section` cannot be translated"),
        ("{{shout name}}", 1, "there is no helper `shout`"),
        ("{{@state.count}}", 1, "`@state.count` is not one of the inputs"),
        ("{{#if a}}\n{{role 'user'}}\n{{/if}}", 2, "messages cannot begin inside of a block"),
        ("{{role kind}}", 1, "a role is one of the words"),
        ("{{#list a}}{{/list}}", 1, "the block `list` cannot be translated"),
        ("{{> greeting name=a}}", 1, "the partial `greeting` is given values"),
        ("{{#each a}}{{> greeting}}{{/each}}", 1, "would see an item of a list"),
        ("{{#if a}}", 1, "is never closed"),
        ("{{/if}}", 1, "closes nothing"),
        ("{{#if a}}\n{{/each}}", 2, "stands where {{/if}} should"),
        ("{{#each o}}{{/each}}", 1, "a loop over an object cannot be translated"),
        ("{{#if (eq a b)}}{{/if}}", 1, "cannot be translated"),
        ("{{items.[0].a}}", 1, "`[0]` cannot be named in a template here"),
        ("{{#each a}}{{../../b}}{{/each}}", 1, "leads above the inputs"),
        ("{{{{raw}}}}", 1, "never closed, or of a kind that is not read"),
        ("{{name", 1, "never closed, or of a kind that is not read"),
        ("{{}}", 1, "never closed, or of a kind that is not read"),
        ("{{#*inline 'x'}}{{/inline}}", 1, "cannot be translated"),
        ("{{#if a}}" * 100, 1, "blocks are nested more than 16 deep"),
        ("{{a}}" * 6000, 1, "the template has more than 5,000 tags"),
    ],
)
def test_what_cannot_be_translated_exactly_is_refused_with_its_line(
    source: str, line: int, message: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        translated(source, o={"kind": "object", "required": True})
    assert message in caught.value.message
    assert caught.value.line == line
