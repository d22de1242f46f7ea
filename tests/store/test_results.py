"""What one run of checking leaves for the next one."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from promptctl.model.checked import Checked
from promptctl.store import results
from promptctl.store.results import Results


def checked(path: str, state: str = "1") -> Checked:
    return Checked(path, state, path.rpartition(".")[0], "prompt", "", "", "")


def kept(path: Path) -> dict[str, str]:
    return {each.path: each.state for each in Results(path).checked.values()}


def keep(into: Results, *rows: Checked, gone: Iterable[str] = ()) -> None:
    into.keep(gone, rows, "[]")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "cache" / "results.sqlite"
    keep(Results(place), checked("prompts/a.md"), checked("prompts/b.md"))
    return place


def test_what_is_checked_again_is_replaced_and_what_is_gone_is_forgotten(path: Path) -> None:
    keep(Results(path), checked("prompts/a.md", "2"), gone=["prompts/b.md"])
    assert kept(path) == {"prompts/a.md": "2"}
    assert Results(path).compared == "[]"


def test_of_two_runs_that_began_together_the_second_to_end_keeps_nothing(path: Path) -> None:
    early, late = Results(path), Results(path)
    keep(early, checked("prompts/a.md", "early"))
    keep(late, checked("prompts/b.md", "late"))
    assert kept(path) == {"prompts/a.md": "early", "prompts/b.md": "1"}


def test_nothing_of_other_rules_stays_beside_what_is_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "rules_version", lambda: "other rules")
    keep(Results(path), checked("prompts/c.md"))
    assert kept(path) == {"prompts/c.md": "1"}


def test_while_another_run_holds_them_they_are_read_as_nothing_and_stay(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "_PATIENCE_S", 0.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert kept(path) == {}
        keep(Results(path), checked("prompts/c.md"))
    assert kept(path) == {"prompts/a.md": "1", "prompts/b.md": "1"}


def test_nobody_else_may_look_into_their_folder(path: Path) -> None:
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    place = tmp_path / "file" / "results.sqlite"
    keep(Results(place), checked("prompts/a.md"))
    assert kept(place) == {}


def test_all_code_that_checking_runs_counts_as_its_rules() -> None:
    """But for what decides nothing: errors, running git, and dividing the work."""
    program = (
        "import sys, promptctl.services.validate, promptctl.services.checking\n"
        "print(*(name for name in sys.modules if name.startswith('promptctl.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    files = {name.removeprefix("promptctl.").replace(".", "/") for name in done.stdout.split()}
    counted = tuple(each.removesuffix(".py") for each in results._SHAPES_ANSWERS)
    others = {each for each in files if not any(f"{each}/".startswith(f"{one}/") for one in counted)}
    assert others <= {"errors", "gitcmd", "services", "services/processors"}
