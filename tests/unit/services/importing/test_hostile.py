"""Bad input: findings with places, never a traceback, never a long wait."""

from __future__ import annotations

import random

import pytest
from helpers.growth import TIMES, assert_linear
from helpers.imports import imported

from promptctl.model.findings import Finding
from promptctl.services.importing.formats import FORMATS
from promptctl.services.importing.imported import Source

SEEDS = {
    "prompty": "---\nname: a\nmodel: {id: m, options: {seed: 1}}\ninputs:\n  - {name: b, kind: string}\n"
    "tools: [{name: t, kind: function, parameters: [{name: p, kind: string}]}]\n---\n"
    "system:\n{{b}} {% if b %}x{% endif %}\n",
    "dotprompt": "---\nmodel: a/b\ninput: {schema: {a: string, 'b(array, x)': {c: string}}}\n---\n"
    '{{role "user"}}{{#each b as |x i|}}{{x.c}}{{~i}}{{else}}no{{/each}}{{history}}{{!-- x --}}\\{{a}}',
    "github": "name: a\nmodel: m\nresponseFormat: json_schema\n"
    "jsonSchema: {schema: {properties: {}}}\n"
    "messages: [{role: user, content: 'Hi {{a}}'}]\ntestData: [{a: 1, b: x}]\n"
    "evaluators: [{name: e, string: {startsWith: '{{b}}'}}, {name: f, uses: github/x}]\n",
    "text": "Hello {{ a }}\nuser:\n{% raw %}",
    "csv": 'act,prompt\n"a b","c\nd {{"\n,x\n',
}
JUNK = [
    "{",
    "}",
    "{{",
    "}}",
    "---\n",
    ":",
    "- ",
    "[",
    "]",
    "null",
    "1e999",
    '"',
    "'",
    "\n",
    "#",
    "%",
    "&a",
    "*a",
    "~",
    "\\",
    "|",
    "\u2028",
    "/",
    "${env:X}",
    "é",
]


@pytest.mark.parametrize("form", SEEDS)
def test_damaged_files_end_in_findings_with_places_in_them(form: str) -> None:
    choice = random.Random(f"import {form}")
    for _ in range(150):
        text = SEEDS[form]
        for _ in range(choice.randint(1, 6)):
            at = choice.randrange(len(text) + 1)
            text = text[:at] + choice.choice(JUNK) + text[at + choice.randint(0, 4) :]
        made = imported(form, text)
        lines = text.count("\n") + 3
        assert all(isinstance(each, Finding) and each.line <= lines for each in made.findings), text
        assert made.files or any(each.severity == "error" for each in made.findings), text


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        "{" * 100_000,
        "a: " + "&a [" * 5_000,
        "{{" * 60_000,
        "![" * 300_000,
        "\\" * 100_000,
        "{{#if a}}" * 10_000,
        "{{!--" * 25_000,
        "---\n" * 25_000,
        "#\n" * 60_000,
        "a: 1\n" * 25_000,
        '{"a":' * 25_000,
        "9" * 60_000,
        "{% endraw %}" * 20_000,
        "user:\n" * 25_000,
        " " * 200_000 + "x",
    ],
    ids=lambda text: str(text)[:8].encode("unicode_escape").decode(),
)
def test_reading_a_bomb_is_linear(form: str, text: str) -> None:
    def read(size: int) -> None:
        part = text[-size:]
        for each in (part, f"---\n{part}\n---\n{part}"):
            FORMATS[form].read(Source("it", each.encode(), "it"))

    assert_linear(read, len(text) // TIMES)
