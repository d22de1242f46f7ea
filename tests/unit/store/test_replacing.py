from __future__ import annotations

import os
from pathlib import Path

import pytest

from promptctl.errors import RefusedError
from promptctl.store.replacing import replace


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_file_is_replaced_with_its_mode_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "prompts/a.md"
    file.parent.mkdir()
    file.write_bytes(b"old")
    file.chmod(0o640)
    (file.parent / f".a.md.{os.getpid()}.new").write_bytes(b"of a run that was killed")
    replace(tmp_path, "prompts/a.md", b"old", b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777, names(file.parent)) == (b"new", 0o640, ["a.md"])


def test_what_was_changed_meanwhile_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    for content in (b"newer", b"old and more", b""):
        file.write_bytes(content)
        with pytest.raises(RefusedError, match=r"a\.md was changed meanwhile"):
            replace(tmp_path, "a.md", b"old", b"new")
        assert file.read_bytes() == content


def test_no_link_is_written_through_or_replaced(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.md").write_bytes(b"old")
    (root / "prompts").symlink_to(elsewhere)
    (root / "a.md").symlink_to(elsewhere / "a.md")
    (root / "pipe.md").unlink(missing_ok=True)
    os.mkfifo(root / "pipe.md")
    for path in ("prompts/a.md", "a.md", "pipe.md", "missing/a.md", "missing.md"):
        with pytest.raises(RefusedError, match=path):
            replace(root, path, b"old", b"new")
    assert (elsewhere / "a.md").read_bytes() == b"old"
    assert names(elsewhere) == ["a.md"]
    assert (root / "a.md").is_symlink()
