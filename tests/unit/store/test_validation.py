from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from promptctl.core.kinds import build, kind_class
from promptctl.core.kinds.dataset import Case
from promptctl.core.kinds.eval_suite import Assertion
from promptctl.core.kinds.inputs import Input, Value
from promptctl.core.kinds.prompt import Prompt
from promptctl.core.kinds.rag_config import RagConfig, Retrieval
from promptctl.model.document import Document, Place, is_deeper
from promptctl.model.findings import FINDINGS_PER_FILE
from promptctl.model.pipeline import FreezeWindow, Pipeline, PolicyLoosenedGate
from promptctl.store.validation import validate


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


def test_keys_have_the_names_of_the_file_at_any_depth() -> None:
    def gates(**written: Any) -> Document:
        return Document("promptctl.yaml", {"environments": [{"name": "prod", "gates": written}]})

    window = {"from": "Fri 16:00", "to": "Mon 08:00"}
    value, _ = validate(Pipeline, gates(freeze=[window], policy_loosened={"from": ["security"]}))
    assert value is not None
    read = value.environments[0].gates
    assert read.freeze == (FreezeWindow(begin="Fri 16:00", end="Mon 08:00"),)
    assert read.policy_loosened == PolicyLoosenedGate(groups=("security",))
    assert build(Pipeline, json.loads(json.dumps(asdict(value)))) == value
    _, findings = validate(Pipeline, gates(freeze=[{"begin": "Fri 16:00", "to": None, "from": 7}]))
    at = "environments[0].gates.freeze[0]"
    assert sorted(each.message for each in findings) == [
        f"`{at}.from` must be text, found the number 7",
        f"`{at}.to` has no value",
        f"unknown key `{at}.begin`",
    ]
    _, findings = validate(Pipeline, gates(policy_loosened={"groups": ["security"]}))
    assert {each.message for each in findings} == {
        "the key `from` is missing in environments[0].gates.policy_loosened",
        "unknown key `environments[0].gates.policy_loosened.groups`",
    }


def test_inputs_nest() -> None:
    shape = {"kind": "array", "items": {"kind": "object", "properties": {"id": {"kind": "string"}}}}
    value, _ = validate(Prompt, Document("x.md", {"inputs": {"documents": shape}}))
    assert value is not None
    item = Value(kind="object", properties={"id": Value(kind="string")})
    assert value.inputs == {"documents": Input(kind="array", items=item)}


@pytest.mark.parametrize(
    ("cls", "value", "path", "hint"),
    [
        (
            Pipeline,
            {"environments": [{"name": "a", "gates": {"evals": None}}]},
            "environments[0].gates.evals",
            "write {} for the defaults, or leave it out",
        ),
        (
            Pipeline,
            {"environments": [{"name": "a", "gates": None}]},
            "environments[0].gates",
            "write {} for the defaults, or leave it out",
        ),
        (
            Pipeline,
            {"environments": [{"name": "a", "after": None}]},
            "environments[0].after",
            "give it a value, or leave it out",
        ),
        (Pipeline, {"environments": [{"name": None}]}, "environments[0].name", "give it a value"),
        (Pipeline, {"environments": None}, "environments", "write [] for none, or leave it out"),
        (Pipeline, {"providers": None}, "providers", "write {} for none, or leave it out"),
        (Pipeline, {"providers": {"p": None}}, "providers.p", "give it a value"),
        (Pipeline, {"release": {"branches": [None]}}, "release.branches[0]", "give it a value"),
        (RagConfig, {"retrieval": {"alpha": None}}, "retrieval.alpha", "give it a value, or leave it out"),
        (
            RagConfig,
            {"retrieval": {"search_type": None}},
            "retrieval.search_type",
            "write vector, keyword or hybrid, or leave it out",
        ),
        (RagConfig, {"reranker": None}, "reranker", "give it a value, or leave it out"),
        (
            Prompt,
            {"promptctl": {"rag_config": None}},
            "promptctl.rag_config",
            "give it a value, or leave it out",
        ),
        (
            Prompt,
            {"inputs": {"a": {"kind": "string", "default": None}}},
            "inputs.a.default",
            "give it a value, or leave it out",
        ),
        (Case, {"id": "c", "vars": None}, "vars", "write {} for none, or leave it out"),
        (
            Case,
            {"id": "c", "assert": [{"type": "latency", "threshold": None}]},
            "assert[0].threshold",
            "give it a value, or leave it out",
        ),
    ],
)
def test_a_key_with_nothing_after_it_is_never_taken_for_one_that_was_left_out(
    cls: type[Any], value: Any, path: str, hint: str
) -> None:
    result, findings = validate(cls, Document("x.yaml", value))
    assert result is None
    assert [(each.message, each.hint) for each in findings] == [(f"`{path}` has no value", hint)]
    assert findings[0].code == "PC042"


def test_null_is_a_value_where_any_json_value_is() -> None:
    case = {
        "id": "c",
        "expected": None,
        "vars": {"a": None, "b": [None]},
        "assert": [{"type": "x", "value": None}],
    }
    assert validate(Case, Document("x.jsonl", case))[1] == ()
    config = {"retrieval": {"filters": {"a": None}}, "metadata": {"owner": None}}
    assert validate(RagConfig, Document("x.yaml", config))[1] == ()


def test_a_null_and_an_unknown_key_in_the_same_file_are_both_found() -> None:
    assert [message for message, _ in found("rag_config", {"reranker": None, "x": None})] == [
        "unknown key `x`",
        "`reranker` has no value",
    ]


@pytest.mark.parametrize("value", [True, "7", 7.5, [], {}])
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
