from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli import Desk, make_desk_with_remote, promptctl
from helpers.repositories import Clone, hermetic_environ, make_repository

WHOLE = """\
  + .gitattributes
  + .github/workflows/promptctl.yml
  + .promptctl/schemas
  + .vscode/settings.json
  + README.md
  + datasets/visitor-questions.jsonl
  + evals/visitor-answer.yaml
  + promptctl.yaml
  + prompts/visitor-answer.md

A registry in our prompts, a new git repository. Next:

  cd 'our prompts'
  git add --all && git commit --message "a registry"
  promptctl release visitor-answer
  promptctl promote visitor-answer --to dev
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


def follow(command: str, directory: Path, environ: dict[str, str]) -> None:
    """Run a command as a person would paste it."""
    program = f"{shlex.quote(sys.executable)} -m promptctl "
    line = command.replace("promptctl ", program) if command.startswith("promptctl ") else command
    subprocess.run(
        ["sh", "-c", line], cwd=directory, env=environ, check=True, capture_output=True, timeout=60
    )


def test_the_registry_works_at_once_by_the_commands_that_are_printed(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    ran = promptctl(tmp_path, environ, "init", "our prompts")
    assert (ran.code, ran.stdout, ran.stderr) == (0, WHOLE, "")
    made = tmp_path / "our prompts"
    desk = Desk(Clone(made, environ))
    assert desk.clone.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert desk.ok("validate") == "5 files, no findings\n"
    for command in ran.stdout.splitlines()[-3:]:
        follow(command.strip(), made, environ)
    listed = desk.run("list", "-o", "json").json
    assert listed["environments"] == ["dev", "staging", "prod"]
    assert listed["artifacts"][0]["serves"] == {"dev": "1.0.0"}
    assert desk.clone.git("status", "--porcelain") == ""


def test_every_promptctl_command_of_its_readme_exists(tmp_path: Path, environ: dict[str, str]) -> None:
    from promptctl.cli.main import VERBS
    from promptctl.services.init import template_files

    readme = template_files()["README.md"]
    named = {
        line.split("promptctl ", 1)[1].split()[0] for line in readme.splitlines() if "promptctl " in line
    }
    assert {"render", "release", "promote", "diff", "rollback"} <= named <= set(VERBS)


def test_people_who_enrol_at_once_do_not_conflict(tmp_path: Path, environ: dict[str, str]) -> None:
    promptctl(tmp_path, environ, "init", "here")
    clone = Clone(tmp_path / "here", environ)
    signers = clone.path / ".promptctl/allowed_signers"
    commit = ("commit", "--quiet", "--message", "signs")
    signers.write_text("first\n")
    clone.git("add", "--all")
    clone.git(*commit)
    for name in ("ada", "grace"):
        clone.git("switch", "--quiet", "--create", name, "main")
        signers.write_text(f"first\n{name}\n")
        clone.git(*commit, "--all")
    clone.git("merge", "--quiet", "--no-edit", "ada")
    assert sorted(signers.read_text().split()) == ["ada", "first", "grace"]
    assert Desk(clone).run("validate", "prompts").code == 0


def test_a_file_that_is_there_is_kept_byte_for_byte(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/README.md").write_bytes(b"ours\r\n")
    (tmp_path / "here/promptctl.yaml").symlink_to("missing.yaml")
    ran = promptctl(tmp_path / "here", environ, "init", "-o", "json")
    assert ran.json["kept"] == ["README.md", "promptctl.yaml"]
    assert (tmp_path / "here/README.md").read_bytes() == b"ours\r\n"
    assert not (tmp_path / "here/missing.yaml").exists()
    again = promptctl(tmp_path / "here", environ, "init")
    assert again.code == 0
    assert "  = README.md  is there already: kept as it is\n" in again.stdout
    assert "git add" not in again.stdout


def test_json_has_frozen_keys(tmp_path: Path, environ: dict[str, str]) -> None:
    made = promptctl(tmp_path, environ, "init", "new", "-o", "json").json
    assert set(made) == {"schema", "directory", "created", "kept", "made_repository", "next"}
    assert (made["schema"], made["made_repository"]) == ("promptctl.init/v1", True)
    assert made["directory"] == str(tmp_path / "new")


def test_in_a_clone_only_what_was_written_is_committed_and_it_is_pushed(tmp_path: Path) -> None:
    desk, remote = make_desk_with_remote(tmp_path, {"notes.txt": "ours\n"})
    desk.clone.write({"scratch.txt": "not yet\n"})
    ran = desk.run("init", "-o", "json")
    assert ran.json["made_repository"] is False
    for command in ran.json["next"]:
        follow(command, desk.path, dict(desk.clone.environ))
    assert desk.clone.git("status", "--porcelain") == "?? scratch.txt"
    assert remote.git("for-each-ref", "--format=%(refname)").splitlines() == [
        "refs/heads/env/dev",
        "refs/heads/main",
        "refs/tags/prompts/visitor-answer/v1.0.0",
    ]


def test_a_folder_inside_of_a_repository_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    outer = make_repository(tmp_path / "outer", environ)
    ran = promptctl(outer.path, environ, "init", "inner")
    assert ran.code == 4
    assert f"inner lies inside of the repository {outer.path}" in ran.stderr
    assert not (outer.path / "inner").exists()


def test_a_file_or_a_link_in_the_way_is_refused_and_nothing_is_written(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "file").write_text("")
    assert promptctl(tmp_path, environ, "init", "file").code == 2
    (tmp_path / "here").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here/prompts").symlink_to(tmp_path / "elsewhere")
    ran = promptctl(tmp_path, environ, "init", "here")
    assert (ran.code, ran.stderr.splitlines()[0]) == (4, "error: prompts is a symbolic link")
    assert [each.name for each in (tmp_path / "here").iterdir()] == ["prompts"]
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_branch_called_env_is_announced_because_it_blocks_environments(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_repository(tmp_path / "here", environ)
    clone.commit({"a": "b"})
    clone.git("branch", "env")
    ran = promptctl(clone.path, environ, "init")
    assert ran.code == 0
    assert "warning: a branch is called env" in ran.stderr


def test_its_workflow_pins_actions_and_this_version(tmp_path: Path, environ: dict[str, str]) -> None:
    from importlib.metadata import version

    promptctl(tmp_path, environ, "init", "new")
    workflow = (tmp_path / "new/.github/workflows/promptctl.yml").read_text()
    assert f"promptctl-registry=={version('promptctl-registry')}\n" in workflow
    used = [line.split("uses: ")[1] for line in workflow.splitlines() if "uses: " in line]
    assert used
    assert all(len(each.split("@")[1].split(" ")[0]) == 40 for each in used)


def test_a_place_that_cannot_be_written_is_refused_by_its_path(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    ran = promptctl(tmp_path, environ, "init", "/proc/foo")
    assert ran.code == 4
    assert "error: /proc/foo cannot be used: " in ran.stderr
    assert "promptctl init DIR" in ran.stderr


@pytest.mark.parametrize(("words", "code"), [([], 4), (["relative"], 4), (["absolute"], 0)])
def test_a_deleted_directory_is_refused_unless_another_is_named(
    tmp_path: Path, environ: dict[str, str], words: list[str], code: int
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    words = [str(tmp_path / each) if each == "absolute" else each for each in words]
    ran = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$0" -m promptctl init "$@"', sys.executable, *words],
        cwd=gone,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    assert ("cannot be used: No such file or directory" in ran.stderr) == (code == 4)
