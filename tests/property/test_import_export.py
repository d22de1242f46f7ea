"""What is exported and imported again is what it was."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
import rfc8785
from helpers.imports import imported, messages, registry_of
from helpers.templates import Maker

from promptctl.core.bundle import SCHEMA, Bundle, digest_of
from promptctl.core.bundle import parse as parse_bundle
from promptctl.core.rendering import CompiledPrompt
from promptctl.core.template import parse
from promptctl.model.bundle import build
from promptctl.model.suite import resolve, suites_of
from promptctl.scorers.values import filled
from promptctl.services.exporting.exported import Subject
from promptctl.services.exporting.formats import FORMATS
from promptctl.store.files import SourceFile, from_work_tree
from promptctl.store.objects import REGULAR
from promptctl.store.registry import read

EXAMPLE = Path(__file__).parents[2]
PROMPTS = ("find-order", "support-answer", "judges/support")
INPUTS = {
    "question": {"kind": "string", "required": True},
    "name": {"kind": "string", "default": "Ann"},
    "count": {"kind": "integer", "default": 3},
    "ratio": {"kind": "float", "enumValues": [0.5, 1.5]},
    "vip": {"kind": "boolean"},
    "words": {"kind": "array", "items": {"kind": "string"}, "default": ["a", "null", "1.10"]},
    "docs": {"kind": "array", "items": {"kind": "object", "properties": {"id": {"kind": "string"}}}},
    "user": {"kind": "object"},
    "missing": {"kind": "string", "default": " yes: no\n# é"},
}
TEXTS = (
    *("", "\n", "\n\nuser:\n\n", " # System : ", "user:", "a\n#user:\nb", "system[x=1]:\n", "---\n"),
    *("{% raw %}{{ x }}{% endraw %}", "{% raw %}\nuser:\n{% endraw %}{{ name }}", "tool [{{ name }}]:"),
    *("{% if vip %}\nuser:\n{% endif %}", "{{\nname\n}}\nassistant:", "{# c #}\nHi", " x \n"),
)


def subject_of(bundle: Bundle) -> Subject:
    return Subject(bundle)


def bundle_of(body: dict[str, Any]) -> Bundle:
    content = rfc8785.dumps({"schema": SCHEMA, "root": "prompts/it", "artifacts": {"prompts/it": body}})
    return parse_bundle(content, digest=digest_of(content))


def random_body(random: Random) -> dict[str, Any]:
    parts: list[dict[str, str]] = []
    for _ in range(random.randrange(1, 5)):
        text = random.choice(TEXTS) if random.random() < 0.6 else Maker(random).template()
        role = random.choice(["system", "user", "assistant", "developer", "tool"])
        parts.append({"role": role, "text": parse(text).print()})
        if random.random() < 0.2:
            parts.append({"thread": "history"})
    return {
        "messages": parts,
        "inputs": {**INPUTS, "history": {"kind": "thread"}},
        "model": {"id": "m:1", "options": {"temperature": 0.5, "stopSequences": ["\n", "END"]}},
        "outputs": [
            {"name": "z", "kind": "string"},
            {"name": "a", "kind": "array", "items": {"kind": "string"}},
        ],
        "tools": [{"name": "t", "parameters": {"type": "object", "properties": {"x": {"type": "string"}}}}],
    }


def prompty_of(name: str) -> bytes:
    built = build(read(from_work_tree(EXAMPLE)), f"prompts/{name}")
    bundle = parse_bundle(built.content, digest=built.digest)
    return FORMATS["prompty"].write(Subject(bundle, built.about.get(f"prompts/{name}", {}))).content


def assert_same_bundle(name: str, data: bytes) -> None:
    files = from_work_tree(EXAMPLE)
    built = build(read(files), f"prompts/{name}")
    others = [each for each in files if each.path != f"prompts/{name}.md"]
    again = read([*others, SourceFile(f"prompts/{name}.md", data, REGULAR, len(data))])
    rebuilt = build(again, f"prompts/{name}")
    assert rebuilt.digest == built.digest
    assert rebuilt.about == built.about


@pytest.mark.parametrize("name", PROMPTS)
def test_an_exported_prompty_file_is_a_file_of_the_registry_with_the_same_bundle(name: str) -> None:
    assert_same_bundle(name, prompty_of(name))


@pytest.mark.parametrize("name", PROMPTS)
def test_the_example_has_the_same_bundle_after_prompty_and_back(name: str) -> None:
    made = imported("prompty", prompty_of(name).decode())
    assert_same_bundle(name, made.files["prompts/it.md"])


@pytest.mark.parametrize("seed", range(150))
def test_generated_prompts_have_the_same_bundle_after_prompty(seed: int) -> None:
    bundle = bundle_of(random_body(Random(seed)))
    exported = FORMATS["prompty"].write(subject_of(bundle))
    made = imported("prompty", exported.content.decode())
    assert build(registry_of(made), "prompts/it").digest == bundle.digest, exported.content.decode()


@pytest.mark.parametrize("name", PROMPTS[:2])
def test_the_example_keeps_prompt_cases_and_assertions_in_promptfoo(name: str) -> None:
    registry = read(from_work_tree(EXAMPLE))
    built = build(registry, f"prompts/{name}")
    bundle = parse_bundle(built.content, digest=built.digest)
    suites = suites_of(registry, f"prompts/{name}")
    exported = FORMATS["promptfoo"].write(Subject(bundle, {}, suites))
    made = imported("promptfoo", exported.content.decode())
    assert {each.severity for each in made.findings} <= {"warning"}
    again = resolve(registry_of(made), "evals/it")
    assert [each.id for each in again.cases] == [each.id for each in suites[0].cases]
    compiled = CompiledPrompt(bundle)
    for old, new in zip(suites[0].cases, again.cases, strict=True):
        scope = {"vars": old.vars, "expected": old.expected}
        assert [(each.type, filled(each.value, {}), each.metric, each.weight) for each in new.assertions] == [
            (each.type, filled(each.value, scope), each.metric, each.weight) for each in old.assertions
        ]
        given = dict(old.vars)
        if old.documents:
            documents = [
                {"id": each.id, "title": each.title, "content": each.content} for each in old.documents
            ]
            given["context"] = compiled.context(documents)
        assert messages(made, new.vars) == compiled.messages(given)


VALUE = "{% raw %}{{ x }}{% endraw %}{"
CASES = (
    {"question": "q", "name": "ends with a line end\n"},
    {"question": "{{ name }}", "name": "two\n\n"},
    {"question": "- a: b\n  c", "words": ["a", "b,c"], "name": " lead\n x"},
    {"question": "{% raw %}\ttab \U0001f600", "count": 1, "vip": True, "user": {"a": [1, None]}},
)


def test_strange_values_are_the_same_after_promptfoo() -> None:
    text = (
        "# user:\n{{ question }}|{{ name }}|{{ words | join(',') }}|{{ count }}|{{ vip }}|{{ user | tojson }}"
    )
    front = json.dumps({"inputs": {**INPUTS, "user": {"kind": "object", "default": {}}}})
    cases = "".join(
        json.dumps(
            {
                "id": f"c{at}",
                "vars": each,
                "assert": [{"type": "equals", "value": VALUE}],
            }
        )
        + "\n"
        for at, each in enumerate(CASES)
    )
    files = {
        "prompts/p.md": f"---\n{front}\n---\n{text}",
        "evals/p.yaml": "target: prompts/p\ndataset: p\n",
        "datasets/p.jsonl": cases,
    }
    registry = read(
        [SourceFile(path, each.encode(), REGULAR, len(each.encode())) for path, each in files.items()]
    )
    assert registry.findings == ()
    built = build(registry, "prompts/p")
    bundle = parse_bundle(built.content, digest=built.digest)
    suites = suites_of(registry, "prompts/p")
    exported = FORMATS["promptfoo"].write(Subject(bundle, {}, suites)).content.decode()
    made = imported("promptfoo", exported)
    again = resolve(registry_of(made), "evals/it")
    assert len(again.cases) == len(CASES)
    for old, new in zip(suites[0].cases, again.cases, strict=True):
        if (
            old.vars["question"] != "{{ name }}"
        ):  # promptfoo fills variables into variables, and so does the import
            given = {"vip": False, **{key: each for key, each in old.vars.items() if key in INPUTS}}
            assert messages(made, new.vars) == CompiledPrompt(bundle).messages(given)
        assert filled(new.assertions[0].value, {}) == filled(old.assertions[0].value, {})
