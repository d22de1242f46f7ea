"""What a difference says, section by section, in the words of the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from helpers.environments import bundle_of, digest
from helpers.growth import assert_linear
from helpers.registries import registry
from helpers.shop import SHOP

from promptctl.core.bundle import Bundle, parse
from promptctl.model.bundle import build
from promptctl.model.difference.change import Section
from promptctl.model.difference.compare import compare

ANSWER, KB, HELP = "prompts/answer.md", "rag_configs/kb.yaml", "index_manifests/help.yaml"
NUMBER = "parameters.properties.number.type"


def bundle(
    body: Mapping[str, Any], others: Mapping[str, Any] | None = None, address: str = "prompts/p"
) -> Bundle:
    content = bundle_of(body, address, others)
    return parse(content, digest=digest(content))


def shop(*edits: tuple[str, str, str], more: Mapping[str, str] | None = None) -> Bundle:
    files = {**SHOP, **(more or {})}
    for path, old, new in edits:
        assert old in files[path], f"{path} does not hold {old!r}"
        files[path] = files[path].replace(old, new, 1)
    built = build(registry(files), "prompts/answer")
    return parse(built.content, digest=built.digest)


def said(section: Section, before: Bundle, after: Bundle) -> list[str]:
    return [f"{each.where}: {each.what}" for each in compare(before, after).of(section)]


def messages(*given: tuple[str, str]) -> Bundle:
    return bundle(
        {"messages": [{"thread": text} if not role else {"role": role, "text": text} for role, text in given]}
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("locale:", "language:",
         "inputs.locale: the input locale is gone; probably it is called language now"),
        ("  history: {kind: thread}\n", "", "inputs.history: the input history is gone"),
        ("inputs:\n", "inputs:\n  n: {kind: integer, required: true}\n",
         "inputs.n: the input n is new and must be given (integer)"),
        ("inputs:\n", "inputs:\n  n: {kind: integer, default: 3}\n",
         "inputs.n: the input n is new and may be given (integer, default 3)"),
        ("default: en", "default: de",
         "inputs.locale.default: the input locale now has the default de (en before)"),
        ("default: en, ", "",
         "inputs.locale.default: the input locale has no default any more (en before)"),
        ("enumValues: [en, de]", "enumValues: [en]",
         'inputs.locale.enumValues."de": the input locale may no longer be de'),
        ("locale: {kind: string,", "locale: {kind: string, required: true,",
         "inputs.locale.required: the input locale must now be there"),
        ("citations: {kind: array", "quotes: {kind: array",
         "outputs.citations: the output citations is gone; probably it is called quotes now"),
        ("- name: find_order", "- name: get_order",
         "tools.find_order: the tool find_order is gone; probably it is called get_order now"),
        ("number: {type: string}", "number: {type: integer}",
         f"tools.find_order.{NUMBER}: the tool find_order: {NUMBER}: string → integer"),
    ],
)  # fmt: skip
def test_a_change_of_the_contract_is_a_sentence(old: str, new: str, sentence: str) -> None:
    edits = [(ANSWER, old, new)]
    if "locale" in old and "language" in new:
        edits.append((ANSWER, "{{ locale }}", "{{ language }}"))
    if "history: {" in old:
        edits.append((ANSWER, "{{ history }}\n\n", ""))
    found = said("contract", shop(), shop(*edits))
    assert sentence in found


def test_a_property_of_an_item_is_named_where_it_is() -> None:
    change = ("context_templates/passages.md", "id: {kind: string}", "id: {kind: integer}")
    (found,) = said("contract", shop(), shop(change))
    assert found.endswith(
        "the context template's input documents[].id is now of kind integer (string before)"
    )


def test_two_inputs_of_one_shape_are_not_said_to_be_renamed() -> None:
    before = bundle({"inputs": {"a": {"kind": "string"}, "b": {"kind": "string"}}})
    after = bundle({"inputs": {"c": {"kind": "string"}, "d": {"kind": "string"}}})
    assert not any("probably" in each for each in said("contract", before, after))
    assert compare(before, after).bump == "major"


def test_another_order_of_outputs_is_said_beside_other_changes() -> None:
    reply = "  reply: {kind: string, required: true, description: What the customer reads}\n"
    citations = "  citations: {kind: array, required: true, items: {kind: string}}\n"
    after = shop((ANSWER, reply + citations, citations + reply), (KB, "top_k: 20", "top_k: 3"))
    assert said("contract", shop(), after) == ["outputs: the order of outputs is now citations, reply"]


def test_an_index_manifest_alone_has_an_embedding_too() -> None:
    manifest = {
        "vector_store": {"provider": "x", "collection": "c"},
        "embedding": {"model": "a", "dimensions": 2},
    }
    other = {**manifest, "embedding": {"model": "b", "dimensions": 2}}
    sides = [bundle(each, address="index_manifests/i") for each in (manifest, other)]
    assert said("contract", *sides) == ["embedding.model: a → b"]


def test_settings_are_said_by_key_and_with_their_defaults() -> None:
    after = shop(
        (ANSWER, "temperature: 0.2, ", ""),
        (ANSWER, "id: gpt-4.1-mini", "id: gpt-4.1"),
        (KB, "search_type: hybrid, top_k: 20, ", ""),
        (KB, "reranker: {model: acme/rerank, top_n: 5}\n", ""),
        (HELP, "chunk_size: 512", "chunk_size: 256"),
        (HELP, "metric: cosine", "metric: dot"),
    )
    assert said("settings", shop(), after) == [
        "prompts/answer: model.id: gpt-4.1-mini → gpt-4.1",
        "prompts/answer: model.options.temperature: 0.2 → not set",
        "index_manifests/help: chunking.chunk_size: 512 → 256",
        "index_manifests/help: metric: cosine → dot",
        "rag_configs/kb: reranker: {model: acme/rerank, top_n: 5} → not set",
        "rag_configs/kb: retrieval.search_type: hybrid → vector (the default)",
        "rag_configs/kb: retrieval.top_k: 20 → 10 (the default)",
    ]


def test_a_group_of_settings_that_is_left_out_is_compared_with_its_defaults() -> None:
    after = shop((KB, "context: {max_tokens: 3000}\n", ""))
    assert said("settings", shop(), after) == ["rag_configs/kb: context.max_tokens: 3000 → not set"]


def test_dependencies_that_come_and_go_are_said_once() -> None:
    more = {
        "rag_configs/kb2.yaml": SHOP[KB].replace("index: help", "index: help2"),
        "index_manifests/help2.yaml": SHOP[HELP].replace("help_1", "help_2"),
    }
    after = shop((ANSWER, "rag_config: kb", "rag_config: kb2"), more=more)
    old, new = "index_manifests/help", "index_manifests/help2"
    assert said("dependencies", shop(), after) == [
        "index_manifests/help2: vector_store.collection: help_1 → help_2",
        "prompts/answer: uses.rag_config: the RAG config rag_configs/kb2 is used in place of rag_configs/kb",
        f"rag_configs/kb2: index: the index manifest {new} is used in place of {old}",
    ]


def test_another_build_of_an_index_is_a_dependency() -> None:
    after = shop((HELP, "collection: help_1", "collection: help_2"))
    assert said("dependencies", shop(), after) == [
        "index_manifests/help: vector_store.collection: help_1 → help_2"
    ]


def test_what_takes_over_a_part_is_compared_with_what_had_it() -> None:
    more = {"rag_configs/kb2.yaml": SHOP[KB].replace("top_k: 20", "top_k: 7")}
    after = shop((ANSWER, "rag_config: kb", "rag_config: kb2"), more=more)
    assert said("settings", shop(), after) == ["rag_configs/kb2: retrieval.top_k: 20 → 7"]


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        ([("system", "A"), ("user", "B")], [("user", "B"), ("system", "A")],
         ["messages.1: the system message moved from place 1 to place 2"]),
        ([("system", "A"), ("user", "B")], [("developer", "A"), ("user", "B")],
         ["messages.0.role: the system message is now a developer message"]),
        ([("system", "A")], [("system", "A"), ("user", "B")], ["messages.1: the user message is new"]),
        ([("system", "A"), ("user", "B")], [("system", "A")], ["messages.1: the user message is gone"]),
        ([("user", "A"), ("user", "B")], [("user", "A"), ("user", "C")],
         ["messages.1.text: the user message 2 of 2 reads differently"]),
        ([("system", "A"), ("", "history"), ("user", "B")], [("", "history"), ("system", "A"), ("user", "B")],
         ["messages.1: the system message moved from place 1 to place 2"]),
        ([("system", "A")], [("system", "A"), ("", "history")],
         ["messages.1: the conversation so far (history) is new"]),
    ],
)  # fmt: skip
def test_messages_that_move_or_change_their_role_are_said(
    before: Any, after: Any, sentences: list[str]
) -> None:
    found = said("text", messages(*before), messages(*after))
    assert [each.removeprefix("prompts/p: ") for each in found] == sentences


def test_many_messages_are_compared_as_one_text() -> None:
    many = [("user", f"text {number}") for number in range(3000)]
    (found,) = compare(messages(*many), messages(*many[::-1])).changes
    assert found.what == "the messages read differently"


def test_every_difference_of_digests_says_something() -> None:
    before, after = bundle({"newer": 1}), bundle({"newer": 2})
    assert compare(before, after).changes


def test_comparing_a_hundred_thousand_values_is_linear() -> None:
    def with_default(size: int, last: int) -> Bundle:
        return bundle({"inputs": {"a": {"kind": "array", "default": [*[0] * size, last]}}})

    def long(size: int) -> None:
        (found,) = compare(with_default(size, 1), with_default(size, 2)).changes
        assert found.where == "inputs.a.default"

    def wide(size: int) -> None:
        kinds = ("string", "integer")
        both = [bundle({"inputs": {f"n{at}": {"kind": kind} for at in range(size)}}) for kind in kinds]
        assert len(compare(*both).changes) == size

    assert_linear(long, 6_250)
    assert_linear(wide, 190)
