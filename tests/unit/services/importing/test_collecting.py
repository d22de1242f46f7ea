from __future__ import annotations

from pathlib import Path

import pytest

from promptctl.errors import RefusedError, UsageError
from promptctl.services.importing import collecting
from promptctl.services.importing.collecting import collect
from promptctl.services.importing.formats import FORMATS, Format


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("_voice.prompt", b"a\n"),
        ("deep/x.txt", b"b"),
        ("../outside.txt", None),
        ("deep/../../outside.txt", None),
        ("/etc/passwd", None),
        ("link.txt", None),
        ("linked/outside.txt", None),
        ("deep", None),
        ("gone.txt", None),
        ("latin.txt", None),
        ("", None),
        ("a\0b", None),
    ],
)
def test_a_format_sees_files_beside_its_source_and_no_others(
    tmp_path: Path, path: str, content: bytes | None
) -> None:
    (tmp_path / "outside.txt").write_bytes(b"secret")
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "it.prompt").write_bytes(b"x")
    (folder / "_voice.prompt").write_bytes(b"\xef\xbb\xbfa\r\n")
    (folder / "deep/x.txt").write_bytes(b"b")
    (folder / "latin.txt").write_bytes(b"\xff")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "linked").symlink_to(tmp_path)
    (source,), _ = collect(folder / "it.prompt", "it.prompt", FORMATS["dotprompt"])
    assert source.folder.read(path) == content


def test_a_file_is_taken_whatever_its_suffix_and_named_after_its_folder_where_nothing_is_left(
    tmp_path: Path,
) -> None:
    for name in ("a.YML", "b.Prompt.yml", ".prompt.yml"):
        (tmp_path / name).write_bytes(b"x")
    stems = [
        collect(tmp_path / name, name, FORMATS["github"])[0][0].stem
        for name in ("a.YML", "b.Prompt.yml", ".prompt.yml")
    ]
    assert stems == ["a", "b", tmp_path.name]


def test_a_folder_with_too_many_files_and_one_with_none_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Format("text", "", (".txt",))
    with pytest.raises(UsageError, match=r"has no files that end in \.txt"):
        collect(tmp_path, "here", form)
    for at in range(3):
        (tmp_path / f"{at}.txt").write_bytes(b"x")
    monkeypatch.setattr(collecting, "FILES_LIMIT", 2)
    with pytest.raises(RefusedError, match="here has more than 2 files"):
        collect(tmp_path, "here", form)


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(collecting.SIZE_LIMIT_BYTES + 1)
    found, (error,) = collect(path, "huge.txt", FORMATS["text"])
    assert found == []
    assert "at most 8,388,608 are read" in error.message
