"""The table "Contract-aware versions": every row both ways."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from helpers.registries import registry
from helpers.shop import SHOP

from promptctl.core import bundle as bundles
from promptctl.core.bundle import Bundle
from promptctl.model.bundle import build
from promptctl.model.difference.compare import Difference, compare


def bundle_of(files: Mapping[str, str], address: str = "prompts/answer") -> Bundle:
    built = build(registry(files), address)
    return bundles.parse(built.content, digest=built.digest)


def edited(files: Mapping[str, str], path: str, old: str, new: str) -> dict[str, str]:
    assert old in files[path], f"{path} does not hold {old!r}"
    return {**files, path: files[path].replace(old, new, 1)}


def difference(path: str, old: str, new: str, *, backwards: bool = False) -> Difference:
    before, after = bundle_of(SHOP), bundle_of(edited(SHOP, path, old, new))
    return compare(after, before) if backwards else compare(before, after)


ANSWER, KB, HELP = "prompts/answer.md", "rag_configs/kb.yaml", "index_manifests/help.yaml"
QUESTION = "question: {kind: string, required: true, description: What the customer wants to know}"
LOCALE = "locale: {kind: string, default: en, enumValues: [en, de]}"
CITATIONS = "citations: {kind: array, required: true, items: {kind: string}}"
REPLY = "reply: {kind: string, required: true, description: What the customer reads}"
TOOL = "  - name: find_order"
SECOND_TOOL = "  - name: refund\n    description: Pays back.\n"
FIND = "description: Looks an order up."
PASSAGES = "context_templates/passages.md"

# what, file, before, after, bump there, bump back
TABLE = [
    (
        "a required input",
        ANSWER,
        QUESTION,
        f"{QUESTION}\n  order: {{kind: string, required: true}}",
        "major",
        "major",
    ),
    ("an optional input", ANSWER, QUESTION, f"{QUESTION}\n  order: {{kind: string}}", "minor", "major"),
    (
        "an input with default",
        ANSWER,
        QUESTION,
        f"{QUESTION}\n  order: {{kind: string, default: ''}}",
        "minor",
        "major",
    ),
    ("an input renamed", ANSWER, LOCALE, LOCALE.replace("locale", "language"), "major", "major"),
    ("a kind", ANSWER, LOCALE, "locale: {kind: integer, default: 1}", "major", "major"),
    ("integer to float", ANSWER, QUESTION, f"{QUESTION}\n  n: {{kind: float}}", "minor", "major"),
    ("a value no longer allowed", ANSWER, "enumValues: [en, de]", "enumValues: [en]", "major", "minor"),
    ("all values allowed", ANSWER, ", enumValues: [en, de]", "", "minor", "major"),
    (
        "optional becomes required",
        ANSWER,
        LOCALE,
        "locale: {kind: string, required: true, enumValues: [en, de]}",
        "major",
        "minor",
    ),
    ("another default", ANSWER, "default: en", "default: de", "minor", "minor"),
    ("no default any more", ANSWER, "default: en, ", "", "major", "minor"),
    ("an output", ANSWER, f"{REPLY}\n", f"{REPLY}\n  mood: {{kind: string}}\n", "minor", "major"),
    ("an output called kind", ANSWER, f"{REPLY}\n", f"{REPLY}\n  kind: {{kind: string}}\n", "minor", "major"),
    (
        "an output's kind",
        ANSWER,
        "citations: {kind: array, required: true, items: {kind: string}}",
        "citations: {kind: string, required: true}",
        "major",
        "major",
    ),
    ("an output's items", ANSWER, "items: {kind: string}", "items: {kind: integer}", "major", "major"),
    ("an output's description", ANSWER, ", description: What the customer reads", "", "minor", "minor"),
    ("an output's values", ANSWER, REPLY, f"{REPLY[:-1]}, enumValues: [yes, no]}}", "minor", "minor"),
    (
        "the order of outputs",
        ANSWER,
        f"  {REPLY}\n  {CITATIONS}\n",
        f"  {CITATIONS}\n  {REPLY}\n",
        "minor",
        "minor",
    ),
    ("a tool", ANSWER, TOOL, f"{SECOND_TOOL}{TOOL}", "minor", "major"),
    ("a tool renamed", ANSWER, "name: find_order", "name: get_order", "major", "major"),
    ("a tool's description", ANSWER, FIND, "description: Finds an order.", "minor", "minor"),
    (
        "a tool's parameter",
        ANSWER,
        "{number: {type: string}}",
        "{number: {type: string}, shop: {type: string}}",
        "minor",
        "minor",
    ),
    ("dimensions", HELP, "dimensions: 256", "dimensions: 512", "major", "major"),
    ("the embedding model", HELP, "model: embed-1", "model: embed-2", "major", "major"),
    ("the collection", HELP, "collection: help_1", "collection: help_2", "minor", "minor"),
    (
        "a document's new optional property",
        PASSAGES,
        "content: {kind: string}",
        "content: {kind: string}, title: {kind: string}",
        "minor",
        "minor",
    ),
    (
        "a document's new required property",
        PASSAGES,
        "content: {kind: string}",
        "content: {kind: string}, title: {kind: string, required: true}",
        "major",
        "minor",
    ),
    (
        "a document's property required",
        PASSAGES,
        "id: {kind: string}",
        "id: {kind: string, required: true}",
        "major",
        "minor",
    ),
    (
        "a document's property of another kind",
        PASSAGES,
        "id: {kind: string}",
        "id: {kind: integer}",
        "major",
        "major",
    ),
    (
        "items described",
        PASSAGES,
        "    items: {kind: object, properties: {id: {kind: string}, content: {kind: string}}}\n",
        "",
        "minor",
        "major",
    ),
    ("a system text", ANSWER, "from these passages alone", "from these passages", "minor", "minor"),
    ("a partial", "partials/voice.md", "warm and brief", "formal", "minor", "minor"),
    ("the model", ANSWER, "id: gpt-4.1-mini", "id: gpt-4.1", "minor", "minor"),
    ("an option", ANSWER, "temperature: 0.2", "temperature: 0.3", "minor", "minor"),
    ("top_k", KB, "top_k: 20", "top_k: 3", "minor", "minor"),
    (
        "a guardrail's phrase",
        "guardrails/tone.yaml",
        "phrases: [sue, legal advice]",
        "phrases: [sue]",
        "minor",
        "minor",
    ),
    ("the order of guardrails", ANSWER, "[tone, privacy]", "[privacy, tone]", "minor", "minor"),
    ("an oversight mode", "oversight_policies/shop.yaml", "mode: confirm", "mode: manual", "minor", "minor"),
    ("no oversight policy", ANSWER, "  oversight_policy: shop\n", "", "minor", "minor"),
]


@pytest.mark.parametrize(
    ("path", "old", "new", "there", "back"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_row_implies_its_bump_both_ways(path: str, old: str, new: str, there: str, back: str) -> None:
    assert difference(path, old, new).bump == there
    assert difference(path, old, new, backwards=True).bump == back


def test_integer_to_float_widens_and_the_other_way_narrows() -> None:
    files = edited(SHOP, ANSWER, QUESTION, f"{QUESTION}\n  n: {{kind: integer}}")
    wider = edited(files, ANSWER, "n: {kind: integer}", "n: {kind: float}")
    assert compare(bundle_of(files), bundle_of(wider)).bump == "minor"
    assert compare(bundle_of(wider), bundle_of(files)).bump == "major"


@pytest.mark.parametrize("name", ["properties", "enumValues", "required", "kind", "items", "default"])
def test_an_input_may_be_called_like_a_field(name: str) -> None:
    files = edited(SHOP, ANSWER, QUESTION, f"{QUESTION}\n  {name}: {{kind: string}}")
    stricter = edited(files, ANSWER, f"{name}: {{kind: string}}", f"{name}: {{kind: string, required: true}}")
    other = edited(files, ANSWER, f"{name}: {{kind: string}}", f"{name}: {{kind: integer}}")
    assert compare(bundle_of(SHOP), bundle_of(files)).bump == "minor"
    assert compare(bundle_of(files), bundle_of(stricter)).bump == "major"
    assert compare(bundle_of(stricter), bundle_of(files)).bump == "minor"
    assert compare(bundle_of(files), bundle_of(other)).bump == "major"


def test_what_stands_inside_of_a_default_is_no_field() -> None:
    def files(default: str) -> dict[str, str]:
        return edited(SHOP, ANSWER, QUESTION, f"{QUESTION}\n  o: {{kind: object, default: {default}}}")

    before = bundle_of(files("{properties: {a: 1}, enumValues: 3}"))
    for default in ("{properties: {a: 1, b: 2}, enumValues: 3}", "{required: true}", "{kind: x, items: [1]}"):
        assert compare(before, bundle_of(files(default))).bump == "minor"


@pytest.mark.parametrize(
    ("properties", "bump"),
    [("{a: {kind: string}}", "minor"), ("{a: {kind: string, required: true}}", "major")],
)
def test_first_properties_of_an_object_narrow_only_if_one_is_required(properties: str, bump: str) -> None:
    free = edited(SHOP, ANSWER, QUESTION, f"{QUESTION}\n  o: {{kind: object}}")
    shaped = edited(free, ANSWER, "o: {kind: object}", f"o: {{kind: object, properties: {properties}}}")
    assert compare(bundle_of(free), bundle_of(shaped)).bump == bump
    assert compare(bundle_of(shaped), bundle_of(free)).bump == "minor"


def test_another_order_of_allowed_values_is_minor() -> None:
    assert difference(ANSWER, "enumValues: [en, de]", "enumValues: [de, en]").bump == "minor"


def test_a_switch_to_a_rag_config_with_another_embedding_is_major() -> None:
    other = {
        **edited(SHOP, ANSWER, "rag_config: kb", "rag_config: kb2"),
        "rag_configs/kb2.yaml": SHOP[KB].replace("index: help", "index: help2"),
        "index_manifests/help2.yaml": SHOP[HELP].replace("help_1", "help_2"),
    }
    same_embedding = bundle_of(other)
    other["index_manifests/help2.yaml"] = other["index_manifests/help2.yaml"].replace(
        "dimensions: 256", "dimensions: 512"
    )
    assert compare(bundle_of(SHOP), same_embedding).bump == "minor"
    assert compare(bundle_of(SHOP), bundle_of(other)).bump == "major"


def test_equal_bundles_differ_in_nothing() -> None:
    assert compare(bundle_of(SHOP), bundle_of(SHOP)) == Difference()
    assert compare(bundle_of(SHOP), bundle_of(SHOP)).bump is None


def test_a_change_says_where_and_what_and_only_once() -> None:
    said = difference(HELP, "dimensions: 256", "dimensions: 512")
    assert [(each.bump, each.where, each.what) for each in said.of("contract")] == [
        ("major", "embedding.dimensions", "256 → 512")
    ]
    assert len(said.changes) == 1


def test_changes_of_the_contract_are_apart_from_those_of_behaviour() -> None:
    files = edited(SHOP, ANSWER, "Reply in", "Answer in")
    files = edited(files, ANSWER, LOCALE, LOCALE.replace("[en, de]", "[en]"))
    files = edited(files, KB, "top_k: 20", "top_k: 3")
    said = compare(bundle_of(SHOP), bundle_of(files))
    assert [each.where for each in said.of("contract")] == ['inputs.locale.enumValues."de"']
    assert [(each.where, each.what) for each in said.changes if each.section != "contract"] == [
        ("prompts/answer: messages.0.text", "the system message reads differently"),
        ("rag_configs/kb: retrieval.top_k", "20 → 3"),
    ]
