from __future__ import annotations

from pathlib import Path

import pytest

from promptctl.errors import RefusedError
from promptctl.services.importing.placing import place


def contents(root: Path) -> dict[str, bytes]:
    return {str(each.relative_to(root)): each.read_bytes() for each in root.rglob("*") if each.is_file()}


def test_all_files_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    files = {"prompts/a/b.md": b"x", "evals/a/b.yaml": b"y"}
    place(tmp_path, files)
    assert contents(tmp_path) == files
    assert {each.name for each in tmp_path.iterdir()} == {"prompts", "evals"}
    assert (tmp_path / "prompts/a/b.md").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("in_the_way", ["prompts/z.md", "prompts/z"])
def test_whoever_was_faster_keeps_his_file_and_nothing_of_ours_stays(tmp_path: Path, in_the_way: str) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / in_the_way).write_bytes(b"theirs")
    with pytest.raises(RefusedError):
        place(tmp_path, {"evals/a/b.yaml": b"y", "prompts/a.md": b"x", f"{in_the_way}/y.md": b"x"})
    with pytest.raises(RefusedError):
        place(tmp_path, {"evals/a.yaml": b"y", in_the_way: b"x"})
    assert contents(tmp_path) == {in_the_way: b"theirs"}
    assert {each.name for each in tmp_path.iterdir()} == {"prompts"}


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here").mkdir()
    (tmp_path / "here/prompts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="prompts is a symbolic link"):
        place(tmp_path / "here", {"prompts/a.md": b"x"})
    assert contents(tmp_path) == {}
