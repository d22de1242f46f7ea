"""Prompty's parse vectors: rendered text to messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.messages import Message, split
from promptctl.errors import TemplateError

_VECTORS = Path(__file__).parents[2].parent / "shared" / "conformance" / "prompty" / "parse.json"
_CASES = {case["name"]: case for case in json.loads(_VECTORS.read_text())} if _VECTORS.exists() else {}

_REFUSED = {
    "role_with_multiple_unquoted_attributes": "attributes",  # attributes on a marker are a finding
    "role_with_quoted_attribute": "attributes",
}
_WAIVED = {
    "thread_nonce_expansion": "no nonces: a thread is split off as {{ name }} before anything is rendered",
}

pytestmark = pytest.mark.skipif(not _CASES, reason="the conformance vectors are not beside this repository")


def test_all_nineteen_vectors_are_here() -> None:
    assert len(_CASES) == 19
    assert _REFUSED.keys() | _WAIVED.keys() <= _CASES.keys()


@pytest.mark.parametrize("name", sorted(_CASES.keys() - _REFUSED.keys() - _WAIVED.keys()))
def test_the_messages_are_those_of_the_vector(name: str) -> None:
    case: dict[str, Any] = _CASES[name]
    wanted = [(m["role"], [part["value"] for part in m["content"]]) for m in case["expected"]["messages"]]
    found = split(case["input"]["rendered"])
    assert [(part.role, [part.text]) for part in found if isinstance(part, Message)] == wanted
    assert len(found) == len(wanted)


@pytest.mark.parametrize("name", sorted(_REFUSED.keys() & _CASES.keys()))
def test_attributes_are_refused_at_their_place(name: str) -> None:
    with pytest.raises(TemplateError, match=_REFUSED[name]) as caught:
        split(_CASES[name]["input"]["rendered"])
    assert (caught.value.line, caught.value.column) == (1, 5)


@pytest.mark.parametrize("name", sorted(_WAIVED.keys() & _CASES.keys()))
def test_a_nonce_is_plain_text(name: str) -> None:
    found = split(_CASES[name]["input"]["rendered"])
    assert [part.role for part in found if isinstance(part, Message)] == ["system", "user"]
    assert isinstance(found[0], Message)
    assert "__PROMPTY_THREAD_" in found[0].text
