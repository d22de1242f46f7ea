from __future__ import annotations

from pathlib import Path

import pytest

from promptctl.services.importing import folder as folders
from promptctl.services.importing.folder import Folder

FILES = ("a.txt", "b.txt", "b.md", "deep/c.txt", "deep/er/d.txt", ".hidden/e.txt", "deep/.f.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    for each in FILES:
        place = tmp_path / "here" / each
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("text")
    (tmp_path / "outside.txt").write_text("secret")
    (tmp_path / "here/linked").symlink_to(tmp_path)
    return Folder(tmp_path / "here", Path.read_bytes, left_bytes=10)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("?.md", ["b.md"]),
        ("deep/*.txt", ["deep/c.txt"]),
        ("*/*.txt", ["deep/c.txt"]),
        ("**/*.txt", ["a.txt", "b.txt", "deep/c.txt", "deep/er/d.txt"]),
        ("deep/**", ["deep/c.txt", "deep/er/d.txt"]),
        ("deep/**/d.*", ["deep/er/d.txt"]),
        ("linked/*.txt", []),
        ("../*.txt", []),
        ("gone/*", []),
        ("*" + "a*" * 60, []),
    ],
)
def test_a_pattern_finds_files_inside_sorted_and_none_that_are_hidden(
    folder: Folder, pattern: str, found: list[str]
) -> None:
    assert folder.matching(pattern) == found


def test_a_folder_of_too_many_files_is_not_looked_through(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "ENTRIES_LIMIT", 3)
    assert folder.matching("**/*.txt") is None
    assert folder.matching("deep/er/*") == ["deep/er/d.txt"]


def test_what_is_read_in_all_is_bounded_even_of_one_file(folder: Folder) -> None:
    assert [folder.read("a.txt"), folder.read("a.txt"), folder.read("a.txt")] == [b"text", b"text", None]
