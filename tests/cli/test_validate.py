from __future__ import annotations

from pathlib import Path

import pytest
from helpers.cli import FILES, GREETING, Desk, make_desk, promptctl
from helpers.repositories import Clone, hermetic_environ

BROKEN = {
    **FILES,
    "prompts/greeting.md": GREETING.replace("{{ guest }}", "{{ gest }}"),
    "rag_configs/city.yaml": "retrieval: {top_k: two}\n",
}


def make_files(path: Path, files: dict[str, str]) -> Desk:
    """Return a registry that is in no git repository."""
    path.mkdir(parents=True, exist_ok=True)
    clone = Clone(path, hermetic_environ(path.with_name("home")))
    clone.write(files)
    return Desk(clone)


@pytest.fixture
def broken(tmp_path: Path) -> Desk:
    return make_files(tmp_path / "registry", BROKEN)


def test_a_sound_registry_has_no_findings_and_needs_no_git_repository(tmp_path: Path) -> None:
    files = make_files(tmp_path / "registry", dict(FILES))
    ran = files.run("validate")
    assert (ran.code, ran.stdout, ran.stderr) == (0, "10 files, no findings\n", "")


def test_all_findings_are_printed_by_place_with_their_hints_and_a_summary(broken: Desk) -> None:
    ran = broken.run("validate")
    assert ran.code == 1
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        "prompts/greeting.md:10:3: warning PC103 the input `guest` is declared and never used",
        "    → use it in the body, or remove it",
        "prompts/greeting.md:19:4: error PC101 `gest` is not a declared input",
        "    → did you mean guest?",
        (
            "rag_configs/city.yaml:1:13: error PC042 `retrieval.top_k` must be a whole number, found the text"
            ' "two"'
        ),
        "    → remove the quotes, and write digits only",
        "10 files, 2 errors, 1 warning",
    ]


def test_json_has_exactly_the_promised_keys_and_nothing_else_is_printed(broken: Desk) -> None:
    ran = broken.run("validate", "--format", "json")
    assert ran.code == 1
    assert set(ran.json) == {"schema", "findings", "summary"}
    assert ran.json["schema"] == "promptctl.validate/v1"
    assert [list(each) for each in ran.json["findings"]] == [
        ["code", "column", "hint", "line", "message", "path", "severity"]
    ] * 3
    assert ran.json["summary"] == {"files": 10, "artifacts": 9, "errors": 2, "warnings": 1}
    assert broken.run("-o", "json", "validate").stdout == ran.stdout


def test_github_annotations_escape_what_would_end_a_property_or_begin_a_command(tmp_path: Path) -> None:
    files = make_files(
        tmp_path / "registry", {**FILES, "rag_configs/100%,a:b\n::error::x.yaml": "retrieval: {top_k: 2}\n"}
    )
    ran = files.run("validate", "--format", "github")
    annotation, summary = ran.stdout.splitlines()
    assert annotation.startswith(
        "::error file=rag_configs/100%25%2Ca%3Ab%0A%3A %3Aerror%3A%3Ax.yaml,title=PC008::not a name: "
    )
    assert annotation.endswith("%0Arename the file")
    assert summary == "11 files, 1 error, 0 warnings"
    assert ran.code == 1


def test_annotations_name_line_and_column(broken: Desk) -> None:
    lines = broken.run("validate", "--format", "github").stdout.splitlines()
    assert lines[1] == (
        "::error file=prompts/greeting.md,line=19,col=4,title=PC101::`gest` is not a declared input"
        "%0Adid you mean guest?"
    )
    assert lines[0].startswith("::warning file=prompts/greeting.md,")


def test_a_path_limits_findings_to_itself_and_to_what_uses_it(broken: Desk) -> None:
    of_rag_config = broken.run("-o", "json", "validate", "rag_configs/city.yaml").json
    assert [each["path"] for each in of_rag_config["findings"]] == ["rag_configs/city.yaml"]
    assert of_rag_config["summary"]["files"] == 2  # and the prompt that uses it
    of_partial = broken.run("-o", "json", "validate", "partials").json
    assert {each["path"] for each in of_partial["findings"]} == {"prompts/greeting.md"}


def test_paths_are_relative_to_the_directory_of_the_command(broken: Desk) -> None:
    inside = promptctl(broken.path / "prompts", broken.clone.environ, "-o", "json", "validate", "greeting.md")
    assert {each["path"] for each in inside.json["findings"]} == {"prompts/greeting.md"}
    moved = promptctl(
        broken.path.parent, broken.clone.environ, "-C", "registry/prompts", "validate", "tips.md"
    )
    assert (moved.code, moved.stdout) == (0, "1 file, no findings\n")


@pytest.mark.parametrize("path", ["../elsewhere.md", "/etc/passwd", "prompts/../../x"])
def test_a_path_outside_of_the_registry_is_refused(broken: Desk, path: str) -> None:
    ran = broken.run("validate", path)
    assert ran.code == 2
    assert ran.stdout == ""
    assert ran.stderr.startswith(f"error: {path} is outside of the registry ")


def test_a_path_where_there_is_nothing_is_refused_by_name(broken: Desk) -> None:
    ran = broken.run("validate", "prompts/nobody.md")
    assert (ran.code, ran.stderr) == (
        2,
        "error: prompts/nobody.md is no file of the registry\n hint: promptctl list\n",
    )


def test_where_there_is_no_registry_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    ran = promptctl(tmp_path, hermetic_environ(tmp_path / "home"), "validate")
    assert ran.code == 2
    assert "is in no registry" in ran.stderr
    assert "promptctl init" in ran.stderr


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    files = make_files(
        tmp_path / "registry",
        {
            **FILES,
            "rag_configs/city.yaml": 'retrieval: {search_type: "\\e[31m\\a"}\n',
            "rag_configs/\x1b[2J.yaml": "a: 1\n",
        },
    )
    for words in (["validate"], ["validate", "--format", "github"]):
        ran = files.run(*words)
        assert ran.code == 1
        assert "\x1b" not in ran.stdout + ran.stderr
        assert "\a" not in ran.stdout


def test_findings_are_the_same_in_a_repository(tmp_path: Path, broken: Desk) -> None:
    desk = make_desk(tmp_path / "desk", BROKEN)
    assert desk.run("validate").stdout == broken.run("validate").stdout
