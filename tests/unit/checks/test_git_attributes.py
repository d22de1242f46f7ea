from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from helpers.registries import registry, source

from promptctl.checks.git_attributes import problems
from promptctl.store.registry import read

FILES = (
    "promptctl.yaml",
    "prompts/a.md",
    "prompts/judges/b.prompty",
    "datasets/c.jsonl",
    "datasets/deep/d.csv",
    "guardrails/e.yaml",
)


@pytest.mark.parametrize(
    "line",
    [
        "* filter=x",
        "*.md ident",
        "prompts/* ident",
        "/prompts/** filter=x",
        "**/b.prompty filter=x",
        "promptctl.yaml eol=crlf",
        "d.csv text eol=crlf",
        "guard*/e.* working-tree-encoding=UTF-16",
        '"datasets/c.jsonl" filter=x',
        "[a-z]* filter=x",
        "[attr]mine filter=x\n*.jsonl mine",
        "datasets/deep/?.csv -text ident",
        "*.psd filter=x",
        "docs/** filter=x",
        "prompts/ filter=x",
        "*.py ident",
        "/*.md text",
        "* -filter",
        "* !ident",
        "# * filter=x",
        "* text=auto eol=lf",
    ],
)
def test_what_git_would_change_in_a_file_of_the_registry_is_found(line: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitattributes").write_text(f"{line}\n")
    command = ["git", "-C", tmp_path, "check-attr", "filter", "ident", "working-tree-encoding", "eol", "--"]
    printed = subprocess.run([*command, *FILES], check=True, capture_output=True, text=True).stdout
    changed = [
        each for each in printed.splitlines() if not each.endswith((": unspecified", ": unset", "eol: lf"))
    ]
    assert bool(list(problems(".gitattributes", f"{line}\n".encode()))) == bool(changed)


def test_a_file_of_attributes_is_no_artifact_and_its_own_line_ends_do_not_matter() -> None:
    files = {"prompts/.gitattributes": "* ident\r\n", "prompts/a.md": "Be kind.\n"}
    found = registry(files)
    assert [(each.where, each.code) for each in found.findings] == [("prompts/.gitattributes:1:1", "PC086")]
    assert set(found.artifacts) == {"prompts/a"}


def test_attributes_that_are_no_text_are_read_as_far_as_they_are() -> None:
    assert [each.code for each in read([source(".gitattributes", b"\xff\n* filter=x\n")]).findings] == [
        "PC086"
    ]


def test_a_hostile_file_of_attributes_has_a_bounded_number_of_findings() -> None:
    assert len(read([source(".gitattributes", b"* filter=x\n" * 50_000)]).findings) == 20
    assert len(list(problems(".gitattributes", b"a" * 1_000_000 + b"* ident\n"))) == 1
    assert len(list(problems(".gitattributes", b"/" + b"*a" * 500_000 + b" ident\n"))) == 1
