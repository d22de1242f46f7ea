"""Prompty's load vectors: each goes through our reader as the file that it is.

Prompty lets people write some things in two ways; the profile has one, and its hint writes it out. Each
vector is read as it stands, then written out as the hints say, and what is left of the refusals is the
profile's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.registries import findings_text, registry
from ruamel.yaml import YAML

from promptctl.core import bundle as bundles
from promptctl.core.inputs import Inputs
from promptctl.core.messages import Message, split
from promptctl.errors import InputError, UsageError
from promptctl.model.bundle import build
from promptctl.model.registry import Registry

_FOLDER = Path(__file__).parents[2].parent / "shared" / "conformance" / "prompty"
_VECTORS = _FOLDER / "load.json"
_CASES = {case["name"]: case for case in json.loads(_VECTORS.read_text())} if _VECTORS.exists() else {}
_ADDRESS = "prompts/vector"

pytestmark = pytest.mark.skipif(not _CASES, reason="the conformance vectors are not beside this repository")

_WRITTEN_OUT = {
    "input_scalar_shorthand": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
        "4:1 PC042 `inputs` must be a mapping, found a list",
    ],
    "input_validation_default_fill": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
        "4:1 PC042 `inputs` must be a mapping, found a list",
    ],
    "input_validation_optional_omit": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
        "4:1 PC042 `inputs` must be a mapping, found a list",
    ],
    "input_validation_required": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
        "4:1 PC042 `inputs` must be a mapping, found a list",
    ],
    "kind_always_prompt": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
    ],
    "minimal_load": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
    ],
    "model_shorthand": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4o"',
    ],
    "structured_outputs_load": [
        "4:1 PC042 `outputs` must be a mapping, found a list",
    ],
}
"""Read as Prompty reads them, once they are written out: what is found before."""
_REFUSED = {
    # no hosts and keys in prompts, nothing from the environment, one template language
    "basic_load": [
        "11:3 PC040 unknown key `model.connection`",
        "13:15 PC105 ${env:…} is never resolved",
        "14:13 PC105 ${env:…} is never resolved",
        "18:1 PC042 `inputs` must be a mapping, found a list",
        "28:1 PC040 unknown key `template`",
    ],
    # hosts and keys belong to the registry's providers
    "connection_types_load": [
        "3:24 PC040 unknown key `model.connection`",
    ],
    # a prompt is a chat
    "embedding_load": [
        '6:3 PC043 `model.apiType` must be chat, found the text "embedding"',
        "7:3 PC040 unknown key `model.connection`",
        "9:15 PC105 ${env:…} is never resolved",
        "10:13 PC105 ${env:…} is never resolved",
        "11:1 PC042 `inputs` must be a mapping, found a list",
    ],
    # nothing from the environment
    "env_default": [
        "3:24 PC040 unknown key `model.connection`",
        "3:67 PC105 ${env:…} is never resolved",
    ],
    # nothing from the environment
    "env_missing_error": [
        "3:24 PC040 unknown key `model.connection`",
        "3:67 PC105 ${env:…} is never resolved",
    ],
    # nothing from the environment
    "env_resolution": [
        "3:24 PC040 unknown key `model.connection`",
        "3:67 PC105 ${env:…} is never resolved",
    ],
    # nothing from other files
    "file_reference_in_tree_allowed": [
        "3:24 PC040 unknown key `model.connection`",
        "3:39 PC105 ${file:…} is never resolved",
    ],
    # nothing from other files
    "file_reference_traversal_rejected": [
        "3:24 PC040 unknown key `model.connection`",
        "3:39 PC105 ${file:…} is never resolved",
    ],
    # nothing from other files
    "file_resolution": [
        "3:24 PC040 unknown key `model.connection`",
        "3:39 PC105 ${file:…} is never resolved",
    ],
    # a prompt is a chat
    "image_apitype_load": [
        '3:49 PC043 `model.apiType` must be chat, found the text "image"',
        "3:81 PC040 unknown key `model.options.additionalProperties`",
    ],
    # unknown keys are errors; an example that is never used says nothing
    "input_validation_example_not_used": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
        "4:1 PC042 `inputs` must be a mapping, found a list",
    ],
    # no hosts and keys in prompts, nothing from the environment, one template language
    "instructions_from_body": [
        "11:3 PC040 unknown key `model.connection`",
        "13:15 PC105 ${env:…} is never resolved",
        "14:13 PC105 ${env:…} is never resolved",
        "18:1 PC042 `inputs` must be a mapping, found a list",
        "28:1 PC040 unknown key `template`",
    ],
    # YAML is well-formed
    "invalid_frontmatter_error": [
        "3:1 PC020 not valid YAML: a '[' is not closed",
    ],
    # there is one template language
    "template_string_invalid": [
        "4:1 PC040 unknown key `template`",
    ],
    # tools are functions; others are given by the application
    "tools_custom_load": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
        '4:29 PC043 `tools[0].kind` must be function, found the text "my_provider"',
        "4:52 PC040 unknown key `tools[0].connection`",
    ],
    # parameters are a JSON Schema; bindings are the application's
    "tools_function_load": [
        "11:5 PC042 `tools[0].parameters` must be a mapping, found a list",
        "19:5 PC040 unknown key `tools[0].bindings`",
        "22:1 PC042 `inputs` must be a mapping, found a list",
    ],
    # tools are functions; others are given by the application
    "tools_mcp_load": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
        '4:32 PC043 `tools[0].kind` must be function, found the text "mcp"',
        "4:47 PC040 unknown key `tools[0].serverName`",
        "4:74 PC040 unknown key `tools[0].connection`",
    ],
    # tools are functions; others are given by the application
    "tools_openapi_load": [
        '3:1 PC042 `model` must be a mapping, found the text "gpt-4"',
        '4:33 PC043 `tools[0].kind` must be function, found the text "openapi"',
        "4:52 PC040 unknown key `tools[0].specification`",
        "4:87 PC040 unknown key `tools[0].connection`",
    ],
}
"""Waived by name: all that is found, and the rule of the profile that makes it an error."""
_AS_IT_IS = ["empty_frontmatter_body_only"]
_MISSING = "missing_file_error"


_NO_FIELDS = frozenset(("name", "connection", "additionalProperties"))
"""What Prompty has in a declaration or a model and the profile has elsewhere or not at all."""
_OTHER_APIS = (("apiType", "embedding"), ("apiType", "image"))


def test_all_twenty_eight_vectors_are_here() -> None:
    assert len(_CASES) == 28
    assert {*_AS_IT_IS, *_WRITTEN_OUT, *_REFUSED, _MISSING} == _CASES.keys()


@pytest.mark.parametrize("name", sorted([*_AS_IT_IS, *_WRITTEN_OUT]))
def test_what_is_read_is_what_the_vector_says(name: str) -> None:
    found = _read(_file_of(_CASES[name], _written_out))
    assert findings_text(found.findings) == ""
    _compare(found, _CASES[name])


@pytest.mark.parametrize("name", sorted([*_WRITTEN_OUT, *_REFUSED]))
def test_what_is_refused_is_refused_there_and_with_these_words(name: str) -> None:
    found = _read(_file_of(_CASES[name], lambda front: front))
    assert [f"{each.line}:{each.column} {each.code} {each.message}" for each in found.findings] == (
        _WRITTEN_OUT | _REFUSED
    )[name]
    assert all(each.severity == "error" and each.hint for each in found.findings)


@pytest.mark.parametrize(
    "name", sorted(_REFUSED.keys() - {"invalid_frontmatter_error", "tools_function_load"})
)
def test_without_what_is_refused_the_rest_is_read(name: str) -> None:
    found = _read(_file_of(_CASES[name], lambda front: _without_refused(_written_out(front))))
    assert findings_text(found.findings) == ""
    if "error" not in _CASES[name]["expected"]:
        _compare(found, _CASES[name])


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="there is no prompts/nonexistent"):
        build(registry({}), "prompts/nonexistent")


def _compare(found: Registry, case: dict[str, Any]) -> None:
    """Compare field by field, as far as the profile has the field."""
    artifact, expected = found.artifacts[_ADDRESS], case["expected"]
    value = artifact.value
    assert artifact.kind == expected.get("kind", "prompt")
    for key in ("name", "description", "metadata"):
        if key in expected:
            assert getattr(value, key) == expected[key]
    _compare_model(value.model, expected.get("model", ...))
    for key in ("inputs", "outputs"):
        if key in expected:
            assert [*getattr(value, key)] == [each["name"] for each in expected[key] or ()]
            for each in expected[key] or ():
                _compare_fields(getattr(value, key)[each["name"]], each)
    if "tools" in expected:
        functions = [each for each in expected["tools"] or () if each["kind"] == "function"]
        assert [each.name for each in value.tools] == [each["name"] for each in functions]
    if "instructions" in expected:
        wanted = [
            (each.role, each.text) for each in split(expected["instructions"]) if isinstance(each, Message)
        ]
        assert [(each.role, each.text) for each in value.messages] == wanted
    if "inputs" in case["input"]:
        _compare_values(found, case)


def _compare_model(model: Any, expected: Any) -> None:
    if expected is None:
        assert model is None
    elif expected is not ...:
        _compare_fields(model, {key: value for key, value in expected.items() if key != "options"})
        if "options" in expected:
            _compare_fields(model.options, expected["options"])


def _compare_fields(found: Any, expected: dict[str, Any]) -> None:
    for key in expected.keys() - _NO_FIELDS:
        value = expected[key]
        if (key, value) not in _OTHER_APIS:
            assert getattr(found, key) == (tuple(value) if isinstance(value, list) else value), key


def _compare_values(found: Registry, case: dict[str, Any]) -> None:
    built = build(found, _ADDRESS)
    body = bundles.parse(built.content, digest=built.digest).body
    accept = Inputs(body.get("inputs", {})).accept
    if "error_field" in case["expected"]:
        with pytest.raises(InputError, match=f"input '{case['expected']['error_field']}' is required"):
            accept(case["input"]["inputs"])
    else:
        assert accept(case["input"]["inputs"]) == case["expected"]["validated_inputs"]


def _read(content: bytes) -> Registry:
    return registry({f"{_ADDRESS}.prompty": content})


def _file_of(case: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """The vector's file; where its front matter is as it was, so are its bytes."""
    given = case["input"]
    if "frontmatter_raw" in given:
        return str(given["frontmatter_raw"]).encode()
    if "frontmatter" in given:
        return _file(change(given["frontmatter"]), "Hello.\n")
    text = (_FOLDER / "fixtures" / given["fixture"]).read_text()
    head, body = text.removeprefix("---\n").split("\n---\n", 1)
    front = YAML(typ="safe").load(head)
    changed = change(front)
    return text.encode() if changed == front else _file(changed, body)


def _file(front: dict[str, Any], body: str) -> bytes:
    lines = (f"{key}: {json.dumps(value)}\n" for key, value in front.items())
    return f"---\n{''.join(lines)}---\n{body}".encode()


def _written_out(front: dict[str, Any]) -> dict[str, Any]:
    """Names as keys, and the model as a mapping: what the hints say."""
    front = dict(front)
    if isinstance(front.get("model"), str):
        front["model"] = {"id": front["model"]}
    for key in ("inputs", "outputs"):
        if isinstance(front.get(key), list):
            front[key] = {each["name"]: {k: v for k, v in each.items() if k != "name"} for each in front[key]}
    return front


def _without_refused(front: dict[str, Any]) -> dict[str, Any]:
    """Without connections, template settings, examples, tools and APIs that the profile does not have."""
    front = {key: value for key, value in front.items() if key not in {"template", "tools"}}
    if "model" in front:
        front["model"] = {k: v for k, v in front["model"].items() if k not in {"connection", "apiType"}}
        options = front["model"].pop("options", {})
        options = {key: value for key, value in options.items() if key != "additionalProperties"}
        front["model"] |= {"options": options} if options else {}
    for each in front.get("inputs", {}).values():
        each.pop("example", None)
    return front
