"""Prompty's render vectors: template and inputs to text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.oracles import by_jinja2, by_minijinja

from promptctl.core.messages import Message, Thread, split
from promptctl.core.template import parse
from promptctl.errors import TemplateError

_VECTORS = Path(__file__).parents[2].parent / "shared" / "conformance" / "prompty" / "render.json"
_CASES = {case["name"]: case for case in json.loads(_VECTORS.read_text())} if _VECTORS.exists() else {}

_REFUSED = {
    "missing_variable_renders_empty": ("'name' is not defined", "undefined is an error"),
    "mustache_inverted": ("'\\^' has no meaning in a tag", "there is one template language"),
    "mustache_loop": ("'#' has no meaning in a tag", "there is one template language"),
    "mustache_section": ("'#' has no meaning in a tag", "there is one template language"),
}
"""Waived by name: the error, and the rule it comes from."""
_THREAD = "thread_nonce_injection"  # waived: no nonces, a thread is split off before anything is rendered

pytestmark = pytest.mark.skipif(not _CASES, reason="the conformance vectors are not beside this repository")


def test_all_twenty_three_vectors_are_here() -> None:
    assert len(_CASES) == 23
    assert _REFUSED.keys() | {_THREAD} <= _CASES.keys()


@pytest.mark.parametrize("name", sorted(_CASES.keys() - _REFUSED.keys() - {_THREAD}))
def test_the_text_is_that_of_the_vector(name: str) -> None:
    case: dict[str, Any] = _CASES[name]
    template = parse(case["input"]["template"])
    for source in (template, parse(template.print())):
        assert source.compile()(case["input"]["inputs"]) == case["expected"]["rendered"]


@pytest.mark.parametrize("name", sorted(_CASES.keys() - _REFUSED.keys() - {_THREAD}))
def test_jinja2_and_minijinja_make_the_same_of_it(name: str) -> None:
    case: dict[str, Any] = _CASES[name]
    for oracle in (by_jinja2, by_minijinja):
        assert oracle(case["input"]["template"], case["input"]["inputs"]) == case["expected"]["rendered"]


@pytest.mark.parametrize("name", sorted(_REFUSED.keys() & _CASES.keys()))
def test_what_the_profile_refuses_is_an_error(name: str) -> None:
    case = _CASES[name]["input"]
    with pytest.raises(TemplateError, match=_REFUSED[name][0]):
        parse(case["template"]).compile()(case["inputs"])


@pytest.mark.skipif(_THREAD not in _CASES, reason="the conformance vectors are not beside this repository")
def test_a_thread_becomes_a_part_of_its_own() -> None:
    case = _CASES[_THREAD]["input"]
    parts = split(case["template"], thread_inputs=frozenset({"conversation"}))
    assert parts == (
        Message("system", "You are helpful.", 2),
        Thread("conversation", 4),
        Message("user", "{{question}}", 7),
    )
