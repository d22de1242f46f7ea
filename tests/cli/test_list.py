from __future__ import annotations

import shutil
from pathlib import Path

from helpers.cli import FILES, Desk, make_desk, make_desk_with_remote, promptctl
from helpers.repositories import Clone, hermetic_environ

WHOLE = """\
prompts          newest  dev    prod
greeting         1.1.0   1.1.0  1.0.0  Greets a guest by name.
judges/kindness  judge   –      –      Judges kindness.
tips             –       –      –      Recommends places from what was found.

context templates
places

rag configs
city         Finds places.

guardrails
house       What is never said.

partials
house

evals
greeting  Names the guest.

datasets
guests
"""


def test_every_artifact_stands_under_its_kind_with_its_newest_release_and_where_it_serves(desk: Desk) -> None:
    assert desk.ok("list") == WHOLE


def test_json_has_frozen_keys(desk: Desk) -> None:
    found = desk.run("list", "-o", "json").json
    assert set(found) == {"schema", "environments", "damaged", "artifacts"}
    assert found["schema"] == "promptctl.list/v1"
    assert found["environments"] == ["dev", "prod"]
    assert found["artifacts"][0] == {
        "address": "prompts/greeting",
        "kind": "prompt",
        "path": "prompts/greeting.md",
        "description": "Greets a guest by name.",
        "readable": True,
        "newest": "1.1.0",
        "serves": {"dev": "1.1.0", "prod": "1.0.0"},
    }


def test_long_descriptions_and_names_are_cut_to_the_width_of_the_screen(tmp_path: Path) -> None:
    name = "prompts/" + "a-rather-long-name/" * 4 + "end.md"
    long = {**FILES, name: "---\ndescription: " + "Many words. " * 30 + "\n---\nHello.\n"}
    desk = make_desk(tmp_path, long)
    for columns in (80, 140):
        lines = desk.ok("list", columns=columns).splitlines()
        assert max(map(len, lines)) <= columns
        assert "…" in next(line for line in lines if line.startswith("a-rather"))
    assert len(next(line for line in lines if line.startswith("a-rather"))) > 100


def test_without_a_git_repository_files_are_listed_without_versions(tmp_path: Path) -> None:
    environ = hermetic_environ(tmp_path / "home")
    folder = tmp_path / "files"
    folder.mkdir()
    Clone(folder, environ).write(FILES)
    first, second, *_ = promptctl(folder, environ, "list").stdout.splitlines()
    assert first == "prompts          newest"
    assert second == "greeting         –       Greets a guest by name."


def test_what_cannot_be_read_and_what_serves_without_a_file_is_said(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    desk.ok("release", "greeting")
    desk.ok("promote", "greeting", "--to", "dev")
    (desk.path / "prompts/greeting.md").unlink()
    (desk.path / "prompts/tips.md").write_text("---\nunknown: 1\n---\n")
    lines = desk.ok("list").splitlines()
    assert "greeting         1.0.0   1.0.0  –     its file is gone" in lines
    assert "tips             –       –      –     cannot be read: promptctl validate" in lines


def test_control_characters_and_workflow_commands_in_descriptions_are_neutralised(tmp_path: Path) -> None:
    hostile = {**FILES, "rag_configs/city.yaml": 'description: "\\e[2J\\e]0;x\\a\\u202e::error::"\n'}
    printed = make_desk(tmp_path, hostile).ok("list")
    assert not set(printed) & set("\x1b\a\u202e")


def test_a_release_made_elsewhere_is_seen_and_a_remote_that_is_gone_is_noted(tmp_path: Path) -> None:
    desk, remote = make_desk_with_remote(tmp_path)
    desk.ok("release", "greeting")
    for tag in desk.clone.git("tag").split():
        desk.clone.git("tag", "--delete", tag)
    assert "greeting         1.0.0" in desk.ok("list")
    shutil.rmtree(remote.path)
    ran = desk.run("list")
    assert ran.code == 0
    assert "greeting         1.0.0" in ran.stdout
    assert ran.stderr.startswith("as last fetched: the remote cannot be reached: ")
    assert desk.run("-q", "list").stderr == ""


def test_an_empty_registry_names_the_command_that_fills_it(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, {"promptctl.yaml": "environments: [{name: dev}]\n"})
    assert desk.ok("list") == "no artifacts yet\n→ promptctl init adds an example\n"
