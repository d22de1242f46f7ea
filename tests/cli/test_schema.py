from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.cli import promptctl
from helpers.repositories import hermetic_environ

LIST = """\
kind              files
prompt            prompts/**/*.md
context_template  context_templates/**/*.md
rag_config        rag_configs/**/*.yaml
index_manifest    index_manifests/**/*.yaml
guardrail         guardrails/**/*.yaml
tool_policy       tool_policies/**/*.yaml
oversight_policy  oversight_policies/**/*.yaml
partial           partials/**/*.md
eval_suite        evals/**/*.yaml
dataset           datasets/**/*.jsonl
pipeline          promptctl.yaml
→ promptctl schema KIND prints one
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


def test_without_a_kind_it_lists_them_and_needs_no_registry(tmp_path: Path, environ: dict[str, str]) -> None:
    ran = promptctl(tmp_path, environ, "schema")
    assert (ran.code, ran.stdout, ran.stderr) == (0, LIST, "")
    listed = promptctl(tmp_path, environ, "schema", "-o", "json").json
    assert set(listed) == {"schema", "kinds"}
    assert {key for each in listed["kinds"] for key in each} == {"kind", "files", "about"}


def test_a_kind_is_printed_as_it_is_written_to_a_file(tmp_path: Path, environ: dict[str, str]) -> None:
    printed = promptctl(tmp_path, environ, "schema", "guardrail")
    assert printed.json["$id"].endswith("/guardrail.json")
    ran = promptctl(tmp_path, environ, "schema", "guardrail", "--to", "out/schemas")
    assert (ran.code, ran.stdout) == (0, "  + out/schemas/guardrail.json\n")
    assert (tmp_path / "out/schemas/guardrail.json").read_text() == printed.stdout
    wrapped = promptctl(tmp_path, environ, "schema", "guardrail", "-o", "json").json
    assert (wrapped["schema"], wrapped["kind"]) == ("promptctl.schema/v1", "guardrail")
    assert wrapped["json_schema"] == printed.json


def test_all_of_them_are_written_over_those_that_are_there(tmp_path: Path, environ: dict[str, str]) -> None:
    promptctl(tmp_path, environ, "init", "new")
    schemas = tmp_path / "new/.promptctl/schemas"
    fresh = {each.name: each.read_text() for each in schemas.iterdir()}
    (schemas / "prompt.json").write_text("{}")
    ran = promptctl(tmp_path / "new", environ, "schema", "--to", ".promptctl/schemas")
    assert ran.stdout.splitlines()[0] == "  + .promptctl/schemas/prompt.json"
    assert {each.name: each.read_text() for each in schemas.iterdir()} == fresh
    for path in json.loads((tmp_path / "new/.vscode/settings.json").read_text())["yaml.schemas"]:
        assert (tmp_path / "new" / path).is_file()


def test_an_unknown_kind_and_a_folder_that_is_a_file_are_refused(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    ran = promptctl(tmp_path, environ, "schema", "moon")
    assert ran.code == 2
    assert "there is no schema of 'moon'" in ran.stderr
    assert "did you mean rag_config?" in promptctl(tmp_path, environ, "schema", "rag_confg").stderr
    (tmp_path / "file").write_text("")
    assert promptctl(tmp_path, environ, "schema", "--to", "file").code == 4
    assert promptctl(tmp_path, environ, "schema", "moon", "--to", "out").code == 2
    assert not (tmp_path / "out").exists()
