"""The schemas say what reading says: generated documents, most of them bent, get the same verdict of both."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from helpers.golden import files as golden_files
from helpers.registries import registry
from jsonschema import Draft7Validator, Draft202012Validator

from promptctl.core.kinds import kind_class
from promptctl.core.names import FOLDERS, name_problem
from promptctl.model.json_schema import BASE
from promptctl.services.schema import KINDS, about, editor_files, files_of, schema, text
from promptctl.store import jsonl, markdown, yaml_reader

ROOT = Path(__file__).parents[3]
DOCUMENTS = 2000
OF_ONE_VALUE = {"PC040", "PC041", "PC042", "PC043", "PC044", "PC050", "PC051"}
"""Unknown and missing keys, types, choices, bounds, and texts that can be no name. What other findings are
about is not in the schemas: whether two values fit each other, whether a name leads anywhere (PC052), the
rules between the environments of a pipeline (PC070 to PC074), and the text of bodies."""
NAMES = (
    "a", "support-kb", "kb/deep.er_1", "judges/tone", "a/judges/b", "prompts/a", "prompts/judges/a",
    "evals/x", "rag_configs/a", "index_manifests/a", "datasets/a", "guardrails/a", "", "A", "a b", "a\n",
    "a..b", "a.", "a/", "/a", "a.lock", "a.lock/b", "v1", "v1.2/a", "a/v1", "v1a", "con", "con.txt",
    "lpt1/a", "console", "-a", "é", "judges/", "prompts/judges",
    *("x" * length for length in (100, 101)), *("prompts/" + "x" * length for length in (100, 101)),
)  # fmt: skip
VALUES = (
    None, True, False, 0, 1, 2, -1, -2, -2.5, 0.5, 1.5, 2.5, 10**6, "", "text", "é", [], {}, ["x"], [1, "a"],
    [True], [None], {"a": 1}, {"a": None}, [{}], [[]], {"kind": "string"}, {"a": {"kind": "string"}},
)  # fmt: skip


@cache
def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(schema(kind))


def is_read(kind: str, value: Any) -> bool:
    """Say whether a file with this content has no finding about one of its values."""
    written = json.dumps(value, ensure_ascii=False)
    path = files_of(kind).replace("**/*", "x")
    content = f"---\n{written}\n---\nBody.\n" if path.endswith(".md") else f"{written}\n"
    codes = {each.code for each in registry({path: content}).findings if each.path == path}
    assert not any(each < "PC04" for each in codes), "it cannot even be read"
    return not codes & OF_ONE_VALUE


def made(declared: dict[str, Any], defs: dict[str, Any], random: Random, depth: int = 0) -> Any:
    """Return a document that a schema allows."""
    if "$ref" in declared:
        declared = defs[declared["$ref"].removeprefix("#/$defs/")]
    if "enum" in declared:
        return random.choice(declared["enum"])
    if "pattern" in declared:
        return random.choice([each for each in NAMES[:12] if re.search(declared["pattern"], each)])
    kinds = declared.get("type", ["string", "number", "null", "array"])
    kind = random.choice(kinds) if isinstance(kinds, list) else kinds
    if kind == "object" and "properties" in declared:
        required = declared.get("required", [])
        keys = [
            each for each in declared["properties"] if each in required or random.random() < 0.6 - depth / 8
        ]
        return {key: made(declared["properties"][key], defs, random, depth + 1) for key in keys}
    if kind == "object":
        inner = declared.get("additionalProperties", {"type": "string"})
        return {
            key: made(inner, defs, random, depth + 1)
            for key in random.sample(["a", "b"], 3 - min(depth, 3))[:2]
        }
    if kind == "array":
        inner = declared.get("items", {"type": "string"})
        return [made(inner, defs, random, depth + 1) for _ in range(random.randrange(3))] if depth < 5 else []
    if kind in ("integer", "number"):
        least = declared.get("minimum", -3)
        most = declared.get("maximum", least + 9)
        return (
            random.randint(least, most)
            if kind == "integer"
            else random.choice([least, most, (least + most) / 4])
        )
    return {"boolean": True, "null": None, "string": random.choice(["text", "é", ""])}[kind]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (container, key) of everything inside of a value."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def bent(value: Any, random: Random) -> Any:
    """Return the document with one thing changed."""
    value = copy.deepcopy(value)
    holder, key = random.choice([*places(value)] or [(value, "new")])
    how = random.randrange(6) if value else 5
    if how == 0:
        holder.pop(key, None) if isinstance(holder, dict) else holder.pop(key)
    elif how == 1 and isinstance(holder, dict):
        holder[random.choice([f"{key}s", "name", "text", "messages", "assertions", "uses", "kind"])] = "x"
    elif how == 2 and isinstance(holder[key], str):
        holder[key] = random.choice(NAMES)
    elif how == 3 and isinstance(holder[key], int | float):
        holder[key] = random.choice([-1, 0, 1, 2, 3, -2.5, 2.5])
    else:
        holder[key] = copy.deepcopy(random.choice(VALUES))
    return value


@pytest.mark.parametrize("kind", KINDS)
def test_generated_documents_get_the_same_verdict_of_schema_and_reader(kind: str) -> None:
    declared = schema(kind)
    verdicts = []
    for seed in range(DOCUMENTS // len(KINDS) + 1):
        random = Random(f"{kind}-{seed}")
        document = made(declared, declared.get("$defs", {}), random)
        for _ in range(random.choice([0, 1, 1, 1, 2])):
            document = bent(document, random)
        allowed = validator(kind).is_valid(document)
        assert allowed == Draft7Validator(declared).is_valid(document), "editors may know draft 7 only"
        assert allowed == is_read(kind, document), (document, [*validator(kind).iter_errors(document)])
        verdicts.append(allowed)
    assert 0.2 < sum(verdicts) / len(verdicts) < 0.9


@pytest.mark.parametrize("name", NAMES)
def test_names_of_the_schemas_are_those_of_the_registry(name: str) -> None:
    is_name = not name_problem(name) and not name.startswith("index_manifests/")
    assert validator("rag_config").is_valid({"index": name}) == is_name


def test_a_whole_number_with_a_point_is_the_one_exception() -> None:
    document = {"retrieval": {"top_k": 3.0}}
    assert validator("rag_config").is_valid(document)  # JSON Schema: "1.0" is an integer
    assert not is_read("rag_config", document)


def test_an_empty_file_reads_as_one_without_keys_where_none_is_needed() -> None:
    assert is_read("rag_config", None)
    assert not validator("rag_config").is_valid(None)  # what editors never ask: they pass over empty files


def described(declared: Any, path: str = "") -> Iterator[tuple[str, str]]:
    for key, each in declared.get("properties", {}).items():
        yield f"{path}.{key}", each.get("description", "")
    for name, each in declared.get("$defs", {}).items():
        yield name, each["description"]
        yield from described(each, name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_says_in_a_sentence_what_it_is_for(kind: str) -> None:
    said = dict(described(schema(kind)))
    assert said
    assert [key for key, words in said.items() if not re.fullmatch(r"\S.*[.…]", words)] == []
    assert about(kind).endswith(".")


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_a_schema_of_draft_2020_12_with_a_name_that_stays(kind: str) -> None:
    declared = schema(kind)
    Draft202012Validator.check_schema(declared)
    assert declared["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert declared["$id"] == f"https://promptctl.dev/schemas/v1/{kind}.json"
    assert json.loads(text(kind)) == declared
    assert BASE in declared["$id"]


def test_every_kind_has_one_and_bodies_are_no_keys() -> None:
    assert {*KINDS} == {*FOLDERS, "pipeline"}
    for kind in ("prompt", "partial", "context_template"):
        assert kind_class(kind).BODY not in schema(kind)["properties"]
    assert {"promptctl", "inputs"} <= schema("prompt")["properties"].keys()
    assert "assert" in schema("dataset")["properties"]


def test_items_of_inputs_nest() -> None:
    nested = {"kind": "array", "items": {"kind": "array", "items": {"kind": "string"}}}
    wrong = {"kind": "array", "items": {"kind": "array", "items": {"kind": "text"}}}
    assert validator("prompt").is_valid({"inputs": {"a": nested}})
    assert not validator("prompt").is_valid({"inputs": {"a": wrong}})


def written(path: str, content: bytes) -> list[Any]:
    """Return what a file of a registry says."""
    if path.endswith(".yaml"):
        document, _ = yaml_reader.read(content, path)
    elif path.endswith(".md"):
        parts, _ = markdown.read(content, path)
        document = parts and parts.document
    else:
        return [each.value for _, each in jsonl.read(content, path)]  # type: ignore[union-attr]
    assert document is not None
    return [] if document.value is None else [document.value]


def test_the_golden_registry_and_the_example_are_valid() -> None:
    files = golden_files() | {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in FOLDERS.values()
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".yaml", ".md", ".jsonl")
    }
    kinds = {files_of(kind).partition("/")[0]: kind for kind in KINDS}
    seen = set()
    for path, content in files.items():
        kind = kinds[path.partition("/")[0]]
        for value in written(path, content):
            assert not [*validator(kind).iter_errors(value)], path
            seen.add(kind)
    assert seen >= {*KINDS} - {"context_template"}


def test_editors_find_every_schema_of_yaml_where_the_settings_say() -> None:
    files = editor_files()
    globs = json.loads(files[".vscode/settings.json"])["yaml.schemas"]
    assert {path.removeprefix("./") for path in globs} <= files.keys()
    assert set(globs.values()) == {files_of(kind) for kind in KINDS if files_of(kind).endswith(".yaml")}
