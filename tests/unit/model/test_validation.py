from __future__ import annotations

from typing import Any

import pytest

from promptctl.core.kinds import kind_class
from promptctl.core.kinds.dataset import Case
from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.kinds.inputs import Input, Value
from promptctl.core.kinds.prompt import Prompt
from promptctl.core.kinds.rag_config import RagConfig, Retrieval
from promptctl.model.document import Document, Place, is_deeper
from promptctl.model.findings import FINDINGS_PER_FILE
from promptctl.model.validation import validate


def found(kind: str, value: Any) -> list[tuple[str, str]]:
    """Return (message, hint) of the findings."""
    result, findings = validate(kind_class(kind), Document("x.yaml", value))
    assert result is None
    return [(each.message, each.hint) for each in findings]


def test_a_document_becomes_the_frozen_dataclass_of_its_kind() -> None:
    value, findings = validate(RagConfig, Document("x.yaml", {"retrieval": {"top_k": 3, "alpha": 1}}))
    assert findings == ()
    assert value == RagConfig(retrieval=Retrieval(top_k=3, alpha=1.0))


def test_an_empty_document_is_one_without_keys() -> None:
    assert validate(RagConfig, Document("x.yaml", None)) == (RagConfig(), ())


def test_keys_have_the_names_of_the_file_and_bodies_are_no_keys() -> None:
    value, _ = validate(Case, Document("x.jsonl", {"id": "c1", "assert": [{"type": "is-json"}]}))
    assert value == Case(id="c1", assertions=(Assertion(type="is-json"),))
    assert found("prompt", {"uses": {}})[0][0] == "unknown key `uses`"
    assert found("prompt", {"messages": []})[0][0] == "unknown key `messages`"
    assert found("partial", {"text": "x"})[0][0] == "unknown key `text`"


def test_inputs_nest() -> None:
    shape = {"kind": "array", "items": {"kind": "object", "properties": {"id": {"kind": "string"}}}}
    value, _ = validate(Prompt, Document("x.md", {"inputs": {"documents": shape}}))
    assert value is not None
    item = Value(kind="object", properties={"id": Value(kind="string")})
    assert value.inputs == {"documents": Input(kind="array", items=item)}


@pytest.mark.parametrize("value", [True, "7", 7.5, None, [], {}])
def test_nothing_converts_to_a_whole_number(value: Any) -> None:
    assert [message.split(",")[0] for message, _ in found("rag_config", {"retrieval": {"top_k": value}})] == [
        "`retrieval.top_k` must be a whole number"
    ]


def test_a_word_close_to_a_known_one_is_asked_about() -> None:
    assert found("rag_config", {"retrieval": {"search_type": "hybird"}}) == [
        (
            '`retrieval.search_type` must be vector, keyword or hybrid, found the text "hybird"',
            "did you mean hybrid?",
        )
    ]
    assert found("eval_suite", {"target": "x", "dataset": "x", "asert": []})[0][1] == "did you mean assert?"


def test_findings_stand_where_the_value_or_the_nearest_that_holds_it_stands() -> None:
    places = {("retrieval",): Place(2, 1), ("retrieval", "top_k"): Place(3, 3)}
    value = {"retrieval": {"top_k": "x", "alpha": "y"}}
    _, findings = validate(RagConfig, Document("x.yaml", value, places))
    assert [(each.line, each.column) for each in findings] == [(3, 3), (2, 1)]


def test_a_value_that_fits_no_member_of_a_union_is_one_finding() -> None:
    assert len(found("prompt", {"inputs": {"a": {"kind": "string", "enumValues": [None]}}})) == 1


def test_depth_is_measured_without_recursion() -> None:
    value: Any = 1
    for _ in range(50_000):
        value = [value]
    assert is_deeper(value, 32)
    assert not is_deeper([[1]], 2)
    assert is_deeper([[1]], 1)
    while isinstance(value, list):  # taken apart here: the interpreter would recurse into it
        value = value[0]


def test_messages_stay_short_whatever_is_in_the_file() -> None:
    long = "x" * 100_000
    for value in (
        {long: 1},
        {"retrieval": {"search_type": long}},
        {"retrieval": long},
        {"retrieval": {long: 1}},
    ):
        assert all(len(message) + len(hint) < 300 for message, hint in found("rag_config", value))


def test_one_file_has_a_bounded_number_of_findings() -> None:
    assert len(found("rag_config", {f"key{number}": 1 for number in range(1000)})) == FINDINGS_PER_FILE
