"""Every example of a registry's file in the docs is one: schema and reader take it, and fmt leaves it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers.registries import registry, source
from jsonschema import Draft202012Validator

from promptctl.core.names import KINDS
from promptctl.services.formatting import plan
from promptctl.services.schema import PIPELINE, editor_files, schema
from promptctl.store import jsonl, markdown, yaml_reader

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DESIGN = ROOT.parent / "shared/design/registry-format.md"
_FENCE = re.compile(
    r"(?P<before>[^\n]*)\n+^```(?P<language>yaml|markdown|json|jsonl)\n(?P<content>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"# (?P<path>[a-z_]+/[a-z0-9-]+\.yaml|promptctl\.yaml)\b")
_BEFORE = re.compile(r"`(?P<path>[a-z_]+/[a-z0-9-]+\.(md|jsonl))`:?")
WRONG_ON_PURPOSE = "prompts/wrong.md"
"""The example of write-a-prompt.md that has findings, told below it: tested with that page."""
OTHERS = {
    'docs/how-to/editor.md: {\n  "yaml.schemas": {': "settings of VS Code",
    "docs/how-to/editor.md: # yaml-language-server: $schema=../.promptctl/schemas/rag": "rag_config",
    "docs/how-to/ci.md: # What a pull request meets:": "workflow",
    "docs/how-to/ci.md: name: promptctl scanning": "workflow",
    "docs/how-to/ci.md: repos:": "hooks",
}
"""Examples whose page and first line say no file of a registry, and what they are. Workflows and hooks have
a test of their own (`tests/conformance/test_workflows.py`)."""
CODES_OF_READING = re.compile(r"PC0([0-4]|60|61)")
EXPECTED_OF_DESIGN = [
    "prompts/support-answer.md", "rag_configs/support-kb.yaml", "index_manifests/help-centre.yaml",
    "context_templates/passages.md", "guardrails/support.yaml", "tool_policies/support.yaml",
    "oversight_policies/support.yaml",
]  # fmt: skip


class Example(NamedTuple):
    page: str
    path: str
    content: str


def examples(page: Path, name: str) -> list[Example]:
    """Return the examples of a page, each with its path in a registry, empty where none is said."""
    found = []
    for each in _FENCE.finditer(page.read_text()):
        said = _COMMENT.match(each["content"]) or _BEFORE.fullmatch(each["before"])
        found.append(Example(name, said["path"] if said else "", each["content"]))
    return found


EXAMPLES = [each for page in PAGES for each in examples(page, page.relative_to(ROOT).as_posix())]
PARTIALS = {each.path: each.content for each in EXAMPLES if each.path.startswith("partials/")}
OF_DESIGN = examples(DESIGN, "registry-format.md") if DESIGN.exists() else []


def said(path: str, content: str) -> list[Any]:
    """Return what a file says, as its schema sees it."""
    data = content.encode()
    if path.endswith(".yaml"):
        document, findings = yaml_reader.read(data, path)
    elif path.endswith(".md"):
        parts, findings = markdown.read(data, path)
        document = parts and parts.document
    else:
        return [each.value for _, each in jsonl.read(data, path)]  # type: ignore[union-attr]
    assert document is not None, findings
    return [{} if document.value is None else document.value]


def check(path: str, content: str) -> None:
    kind = KINDS.get(path.partition("/")[0], PIPELINE)
    for value in said(path, content):
        assert not [*Draft202012Validator(schema(kind)).iter_errors(value)]
    findings = [each for each in registry({**PARTIALS, path: content}).findings if each.path == path]
    assert not [each for each in findings if CODES_OF_READING.match(each.code)]
    assert not plan([source(path, content)]).changes, "not in the layout of fmt"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each.page}-{each.path}")
def test_an_example_is_valid_or_listed_here_by_name(example: Example) -> None:
    if example.path == WRONG_ON_PURPOSE:
        return
    if example.path:
        check(example.path, example.content)
        return
    name = next((each for each in OTHERS if f"{example.page}: {example.content}".startswith(each)), None)
    assert name is not None, "say which file it is, in a comment on its first line or in the line above"
    if OTHERS[name] == "rag_config":
        check("rag_configs/example.yaml", example.content)
    elif OTHERS[name] == "settings of VS Code":
        shown = json.loads(example.content)["yaml.schemas"]
        assert shown.items() <= json.loads(editor_files()[".vscode/settings.json"])["yaml.schemas"].items()


def test_the_examples_are_found() -> None:
    assert len([each for each in EXAMPLES if each.path]) > 10
    assert len([each for each in EXAMPLES if not each.path]) == len(OTHERS)


@pytest.mark.skipif(not OF_DESIGN, reason="the pages of the design are not beside this repository")
def test_every_example_of_the_format_is_valid() -> None:
    first, *others = OF_DESIGN
    named = [first._replace(path="prompts/support-answer.md"), *others]
    assert [each.path for each in named] == EXPECTED_OF_DESIGN
    for each in named:
        check(each.path, each.content)
