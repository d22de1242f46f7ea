"""What we tell CI systems to run: workflows of this repository, of `init` and of the page, and the hooks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from promptctl.cli.main import VERBS
from promptctl.core.names import FOLDERS
from promptctl.services.init import template_files

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/ci.md").read_text()
BLOCKS = dict(re.findall(r"^`([^`\n]+)`\n\n```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
OF_INIT = ".github/workflows/promptctl.yml"
WORKFLOWS = {
    **{each.name: each.read_text() for each in (ROOT / ".github/workflows").glob("*.yml")},
    "of init": template_files()[OF_INIT],
    "of the page": BLOCKS[".github/workflows/promptctl-scanning.yml"],
}


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def test_the_page_shows_the_workflow_of_init_as_this_version_writes_it() -> None:
    this = version("promptctl-registry")
    assert BLOCKS[OF_INIT] == template_files()[OF_INIT].replace("PROMPTCTL_VERSION", this)
    assert set(re.findall(r"promptctl-registry==([^\s\]]+)", PAGE)) == {this}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_has_no_findings_of_its_linter(name: str, tmp_path: Path) -> None:
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    assert zizmor is not None
    workflow = tmp_path / ".github/workflows/this.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(WORKFLOWS[name])
    words = [zizmor, "--offline", "--persona", "pedantic", "--no-progress", str(workflow)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_meets_changes_of_strangers_without_secrets_and_with_pinned_actions(name: str) -> None:
    workflow = parsed(WORKFLOWS[name])
    events = set(workflow["on"])
    assert events <= {"pull_request", "push"}
    assert workflow["permissions"] == {}
    assert "secrets." not in WORKFLOWS[name]
    for job in workflow["jobs"].values():
        allowed = {"contents": "read"} | ({} if "pull_request" in events else {"security-events": "write"})
        assert job["permissions"].items() <= allowed.items()
        for step in job["steps"]:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step.get("uses", "a@" + "0" * 40))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_promptctl_command_of_a_workflow_is_one(name: str) -> None:
    commands = re.findall(r"promptctl (validate|fmt)((?: --?[\w-]+(?: \w+)?)*)", WORKFLOWS[name])
    assert commands or name == "ci.yml"
    for verb, options in commands:
        words = [sys.executable, "-m", "promptctl", verb, *options.split(), "--help"]
        assert subprocess.run(words, capture_output=True, check=False, timeout=60).returncode == 0


def test_the_hooks_are_commands_that_run_for_every_file_of_a_registry() -> None:
    hooks = parsed((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [each["id"] for each in hooks] == ["promptctl-validate", "promptctl-fmt"]
    for hook in hooks:
        program, verb = hook["entry"].split()
        assert (program, hook["language"], hook["pass_filenames"]) == ("promptctl", "python", False)
        assert verb in VERBS
        for folder in FOLDERS.values():
            assert re.search(hook["files"], f"{folder}/a.md")
        assert re.search(hook["files"], "promptctl.yaml")
        assert not re.search(hook["files"], "docs/prompts/a.md")


def test_the_hook_of_the_page_runs_validate() -> None:
    (repository,) = parsed(BLOCKS[".pre-commit-config.yaml"])["repos"]
    (hook,) = repository["hooks"]
    assert (hook["entry"], hook["pass_filenames"]) == ("promptctl validate", False)
