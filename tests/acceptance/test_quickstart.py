"""`promptctl quickstart` tells the whole story and notices when it goes another way."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.repositories import hermetic_environ

from promptctl.services.quickstart.example import example_files
from promptctl.services.quickstart.story import FORGETS_CONTEXT, GOOD_EDIT, MORE_PASSAGES


def quickstart(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "promptctl", "quickstart", "--dir", str(tmp_path / "shop"), *words],
        env=hermetic_environ(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return quickstart(tmp_path_factory.mktemp("story"), "--replay")


def test_the_story_ends_well_on_recorded_answers(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Everything went as told" in told.stdout


def test_recorded_answers_are_called_recorded(told: subprocess.CompletedProcess[str]) -> None:
    assert told.stdout.startswith("REPLAY: no model runs here")
    assert "REPLAYED" in told.stdout


def test_the_gate_names_the_cases_that_broke(told: subprocess.CompletedProcess[str]) -> None:
    assert "✗ evals" in told.stdout
    assert "Must_pass broken: c015, c016, c025, c050." in told.stdout


def test_the_runtime_follows_a_promotion_and_a_rollback(told: subprocess.CompletedProcess[str]) -> None:
    answers = re.findall(r"^  support-answer (\S+): You can", told.stdout, re.MULTILINE)
    assert answers == ["1.0.0", "1.3.0", "1.0.0"]


def test_every_command_of_the_story_is_shown(told: subprocess.CompletedProcess[str]) -> None:
    shown = {line.split()[2] for line in told.stdout.splitlines() if line.startswith("$ promptctl")}
    verbs = {
        "validate",
        "list",
        "eval",
        "release",
        "promote",
        "diff",
        "rollback",
        "status",
        "history",
        "verify",
    }
    assert shown == verbs


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine").write_text("precious")
    done = quickstart(tmp_path, "--replay")
    assert done.returncode == 4
    assert "is not an empty folder" in done.stderr
    assert (tmp_path / "shop" / "mine").read_text() == "precious"


@pytest.mark.parametrize(("path", "before", "_after"), [FORGETS_CONTEXT, MORE_PASSAGES, GOOD_EDIT])
def test_each_edit_of_the_story_fits_the_example_registry(path: str, before: str, _after: str) -> None:
    assert example_files()[path].decode().count(before) == 1
