"""What is behaviour and what is not, and the golden bytes that freeze it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
import rfc8785
from helpers import golden
from helpers.registries import registry
from helpers.shop import ANSWER, SHOP

from promptctl.core.limits import PUBLISH
from promptctl.errors import StoppedError, UsageError
from promptctl.model.bundle import BuiltBundle, build


def built(files: Mapping[str, str | bytes], address: str = "prompts/answer") -> BuiltBundle:
    return build(registry(files), address)


def edited(path: str, *replacements: tuple[str, str]) -> dict[str, str]:
    files = dict(SHOP)
    for old, new in replacements:
        assert old in files[path], f"{path} does not hold {old!r}"
        files[path] = files[path].replace(old, new, 1)
    return files


def test_the_bundle_of_every_kind_has_its_golden_bytes() -> None:
    bundle = built(golden.files())
    assert bundle.content == (golden.GOLDEN / "bundle.json").read_bytes()
    assert bundle.digest == (golden.GOLDEN / "digest").read_text("utf-8").strip()


def test_the_bytes_are_canonical_without_a_line_feed_at_the_end() -> None:
    content = built(golden.files()).content
    assert content == rfc8785.dumps(json.loads(content))


REPLY = "reply: {kind: string, required: true, description: What the customer reads}"
CITATIONS = "citations: {kind: array, required: true, items: {kind: string}}"

SAME = [
    (
        "description",
        "prompts/answer.md",
        ("description: Answers a customer.", "description: Something else."),
    ),
    ("metadata", "prompts/answer.md", ("{owner: support}", "{owner: sales, since: 2020}")),
    ("name", "prompts/answer.md", ("name: answer", "name: The Answer")),
    ("an input's description", "prompts/answer.md", ("What the customer wants to know", "The question")),
    ("no about at all", "prompts/answer.md", ("name: answer\ndescription: Answers a customer.\n", "")),
    (
        "key order",
        "prompts/answer.md",
        ("{provider: openai, id: gpt-4.1-mini,", "{id: gpt-4.1-mini, provider: openai,"),
    ),
    ("a YAML comment", "prompts/answer.md", ("name: answer", "name: answer # about")),
    ("a template comment", "prompts/answer.md", ("Reply in", "{# a comment #}Reply in")),
    ("space in tags", "prompts/answer.md", ("{{ locale }}", "{{locale}}")),
    (
        "another YAML style",
        "prompts/answer.md",
        ("guardrails: [tone, privacy]", "guardrails:\n    - tone\n    - privacy"),
    ),
    ("a default spelled out", "prompts/answer.md", ("id: gpt-4.1-mini,", "id: gpt-4.1-mini, apiType: chat,")),
    ("false spelled out", "prompts/answer.md", ("default: en,", "default: en, required: false,")),
    ("an empty list", "prompts/answer.md", ("temperature: 0.2,", "temperature: 0.2, stopSequences: [],")),
    (
        "an empty map",
        "prompts/answer.md",
        ("citations: {kind: array,", "citations: {kind: array, properties: {},"),
    ),
    ("a number's spelling", "prompts/answer.md", ("temperature: 0.2,", "temperature: 0.20,")),
    (
        "a default of a map",
        "rag_configs/kb.yaml",
        ("max_tokens: 3000", "max_tokens: 3000, on_empty: answer_without"),
    ),
    (
        "a default of a list item",
        "tool_policies/shop.yaml",
        ("scopes:", "logging: {every_call: true}, scopes:"),
    ),
    ("the order of hosts", "guardrails/privacy.yaml", ("[b.example, a.example]", "[a.example, b.example]")),
    ("the order of entities", "guardrails/privacy.yaml", ("[iban, card_number]", "[card_number, iban]")),
    ("an entity twice", "guardrails/privacy.yaml", ("[iban, card_number]", "[iban, card_number, iban]")),
    ("the order of phrases", "guardrails/tone.yaml", ("[sue, legal advice]", "[legal advice, sue]")),
    ("a rag config's description", "rag_configs/kb.yaml", ("How answers retrieve.", "Other words.")),
    ("blank lines round a message", "prompts/answer.md", ("# user:\n", "# user:\n\n\n")),
    ("a marker's spelling", "prompts/answer.md", ("# user:", "  USER :")),
]

OTHER = [
    ("a message", "prompts/answer.md", ("Reply in", "Answer in")),
    ("space in a message", "prompts/answer.md", ("Reply in", "Reply  in")),
    ("a composed letter", "prompts/answer.md", ("Reply in", "Re\u0301ply in")),
    ("a role", "prompts/answer.md", ("# user:", "# developer:")),
    ("a partial's text", "partials/voice.md", ("warm", "cold")),
    ("a tool's description", "prompts/answer.md", ("Looks an order up.", "Finds an order.")),
    ("an output's description", "prompts/answer.md", ("What the customer reads", "The reply")),
    (
        "the order of outputs",
        "prompts/answer.md",
        (f"  {REPLY}\n  {CITATIONS}\n", f"  {CITATIONS}\n  {REPLY}\n"),
    ),
    ("the order of guardrails", "prompts/answer.md", ("[tone, privacy]", "[privacy, tone]")),
    (
        "the order of rules",
        "guardrails/privacy.yaml",
        ("action: redact}", "action: redact}\n  - {type: pii, entities: [email], action: block}"),
    ),
    ("a default of an input", "prompts/answer.md", ("default: en", "default: de")),
    ("required", "prompts/answer.md", ("default: en,", "required: true,")),
    ("a model", "prompts/answer.md", ("gpt-4.1-mini", "gpt-4.1")),
    ("an option", "prompts/answer.md", ("0.2", "0.25")),
    ("top_k", "rag_configs/kb.yaml", ("top_k: 20", "top_k: 3")),
    ("a filter", "rag_configs/kb.yaml", ("published", "draft")),
    ("the collection", "index_manifests/help.yaml", ("help_1", "help_2")),
    ("a template", "context_templates/passages.md", ("[{{ doc.id }}]", "({{ doc.id }})")),
    ("a limit", "tool_policies/shop.yaml", ("per_minute: 60", "per_minute: 61")),
    ("a mode", "oversight_policies/shop.yaml", ("mode: confirm", "mode: manual")),
]


@pytest.mark.parametrize(("path", "edit"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_what_is_no_behaviour_leaves_the_digest_alone(path: str, edit: tuple[str, str]) -> None:
    files = edited(path, edit)
    assert files[path] != SHOP[path]
    assert built(files).digest == built(SHOP).digest


@pytest.mark.parametrize(("path", "edit"), [row[1:] for row in OTHER], ids=[row[0] for row in OTHER])
def test_what_is_behaviour_changes_the_digest(path: str, edit: tuple[str, str]) -> None:
    assert built(edited(path, edit)).digest != built(SHOP).digest


@pytest.mark.parametrize("default", ["''", "[]", "{}", "0", "false", "0.0"])
def test_an_empty_default_of_an_input_is_a_value_and_stays(default: str) -> None:
    kind = {"''": "string", "[]": "array", "{}": "object", "0": "integer", "false": "boolean", "0.0": "float"}
    question = "  question: {"
    extra = f"  extra: {{kind: {kind[default]}, default: {default}}}\n{question}"
    body = json.loads(built(edited("prompts/answer.md", (question, extra))).content)
    written = body["artifacts"]["prompts/answer"]["inputs"]["extra"]["default"]
    assert json.dumps(written) == {"''": '""', "0.0": "0"}.get(default, default)


def test_an_output_keeps_its_place_when_it_is_called_like_a_number() -> None:
    files = edited(
        "prompts/answer.md",
        ("  reply: {kind: string", "  zz: {kind: string}\n  '1': {kind: string}\n  reply: {kind: string"),
    )
    body = json.loads(built(files).content)["artifacts"]["prompts/answer"]
    assert [each["name"] for each in body["outputs"]] == ["zz", "1", "reply", "citations"]


def test_suites_datasets_and_judges_are_no_part_of_a_bundle() -> None:
    files = {
        **edited(
            "guardrails/tone.yaml",
            ("output:\n", "output:\n  - {type: tone, judge: judges/tone, enforce: eval}\n"),
        ),
        "prompts/judges/tone.md": ANSWER.replace("name: answer", "name: judge"),
        "evals/answer.yaml": "target: prompts/answer\ndataset: answer\nassert: [{type: equals, value: x}]\n",
        "datasets/answer.jsonl": '{"id": "a", "inputs": {"question": "?"}}\n',
    }
    bundle = built(files)
    assert not [
        each for each in json.loads(bundle.content)["artifacts"] if "judges" in each or "eval" in each
    ]
    assert not [each for each in bundle.paths if each.startswith(("evals", "datasets", "prompts/judges"))]


def test_about_holds_what_people_wrote_and_nothing_else() -> None:
    about = built(SHOP).about
    assert about == {
        "prompts/answer": {
            "name": "answer",
            "description": "Answers a customer.",
            "metadata": {"owner": "support"},
            "inputs": {"question": {"description": "What the customer wants to know"}},
        },
        "rag_configs/kb": {"description": "How answers retrieve."},
    }


def test_the_paths_are_those_of_the_closure_partials_included() -> None:
    assert built(SHOP).paths == tuple(sorted(set(SHOP) - {"promptctl.yaml", "prompts/hello.md"}))
    assert built(SHOP, "prompts/hello").paths == ("prompts/hello.md",)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("prompts/answer.md", "no front matter {{ unclosed"),
        ("partials/voice.md", "broken {% if %}"),
        ("rag_configs/kb.yaml", "index: help\nindex: help\n"),
        ("index_manifests/help.yaml", "nothing: 1\n"),
        ("guardrails/tone.yaml", "output: 7\n"),
    ],
)
def test_a_broken_file_of_the_closure_stops_with_its_place(path: str, content: str) -> None:
    with pytest.raises(StoppedError) as caught:
        built({**SHOP, path: content})
    assert caught.value.message.startswith(f"{path}:")


def test_a_context_template_that_includes_a_broken_partial_stops_too() -> None:
    files = edited("context_templates/passages.md", ("[{{ doc.id }}]", '{% include "odd" %}'))
    with pytest.raises(StoppedError, match=r"^partials/odd\.md:1"):
        built({**files, "partials/odd.md": "broken {% if %}"})


def test_a_broken_file_elsewhere_stops_nothing() -> None:
    assert built({**SHOP, "prompts/hello.md": "{% if"}).digest == built(SHOP).digest


def test_an_address_that_does_not_exist_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        built(SHOP, "prompts/nobody")


def test_a_bundle_over_the_limit_is_refused() -> None:
    big = "x" * (PUBLISH.bundle_size_bytes // 5)
    partials = {f"partials/p{n}.md": f"{big}\n" for n in range(5)}
    includes = "".join(f'{{% include "p{n}" %}}' for n in range(5))
    with pytest.raises(StoppedError, match="bytes: at most"):
        built(
            {**partials, "prompts/big.md": f"---\nname: big\n---\n{includes} and some more\n"}, "prompts/big"
        )
