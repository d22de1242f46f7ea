from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_repository

from promptctl.core.limits import LOAD
from promptctl.errors import RefusedError
from promptctl.gitcmd import Git
from promptctl.store.files import SourceFile, _file, from_tree, from_work_tree
from promptctl.store.objects import Objects

FILES = {
    "promptctl.yaml": "environments: []\n",
    "prompts/b.md": "b",
    "prompts/a/b.md": "a\r\n",
    "prompts/a.b": "x",
    "datasets/d.jsonl": "{}\n",
    "prompts/README.md": "ignored",
    "prompts/a/README.md": "ignored",
    "prompts/_draft/x.md": "ignored",
    "prompts/.x": "ignored",
    "src/x.md": "ignored",
    "README.md": "ignored",
    "other.yaml": "ignored",
}
READ = ["datasets/d.jsonl", "promptctl.yaml", "prompts/a.b", "prompts/a/b.md", "prompts/b.md"]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return make_repository(tmp_path / "r", hermetic_environ(tmp_path / "home"))


def of_head(clone: Clone) -> list[SourceFile]:
    with Objects(Git(clone.path, environ=clone.environ)) as objects:
        return from_tree(objects, "HEAD")


def test_the_work_tree_and_the_commit_give_the_same_files_sorted_by_path(clone: Clone) -> None:
    clone.commit(FILES)
    files = from_work_tree(clone.path)
    assert [file.path for file in files] == READ
    assert files == of_head(clone)
    assert {file.path: file.data for file in files}["prompts/a/b.md"] == b"a\r\n"
    assert all(
        file.is_regular and file.mode == 0o100644 and file.size_bytes == len(file.data) for file in files
    )


def test_links_are_returned_and_never_followed(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/secret.md").write_text("secret")
    clone.commit({"prompts/a.md": "a"})
    (clone.path / "prompts/link.md").symlink_to(tmp_path / "secret.md")
    (clone.path / "prompts/folder").symlink_to(tmp_path / "folder")
    (clone.path / "evals").symlink_to(tmp_path / "folder")
    clone.git("add", "-A")
    clone.git("commit", "-qm", "links")
    for files in (from_work_tree(clone.path), of_head(clone)):
        odd = [(file.path, file.data) for file in files if file.mode == 0o120000]
        assert odd == [("evals", b""), ("prompts/folder", b""), ("prompts/link.md", b"")]
        assert len(files) == 4


def test_submodules_are_returned_and_not_entered(clone: Clone, tmp_path: Path) -> None:
    inner = make_repository(clone.path / "prompts/sub", clone.environ)
    inner.commit({"x.md": "x"})
    clone.git("add", "-A")
    clone.git("commit", "-qm", "submodule")
    expected = [SourceFile("prompts/sub", b"", 0o160000, 0)]
    assert from_work_tree(clone.path) == of_head(clone) == expected


def test_pipes_are_named_and_never_opened(clone: Clone) -> None:
    clone.write({"prompts/a.md": "a"})
    os.mkfifo(clone.path / "prompts/pipe.md")
    (_, pipe) = from_work_tree(clone.path)
    assert (pipe.path, pipe.data, pipe.is_regular) == ("prompts/pipe.md", b"", False)


def test_a_file_over_the_limit_comes_with_its_size_and_without_its_bytes(clone: Clone) -> None:
    clone.commit(
        {"prompts/at.md": b"x" * LOAD.file_size_bytes, "prompts/over.md": b"x" * (LOAD.file_size_bytes + 1)}
    )
    for at, over in (from_work_tree(clone.path), of_head(clone)):
        assert len(at.data) == at.size_bytes == LOAD.file_size_bytes
        assert (over.data, over.size_bytes) == (b"", LOAD.file_size_bytes + 1)


def test_names_that_are_not_utf8_and_executables_are_the_same_from_both(clone: Clone) -> None:
    (clone.path / "prompts").mkdir()
    name = os.fsencode(clone.path / "prompts") + b"/\xff\n.md"
    Path(os.fsdecode(name)).write_bytes(b"x")
    (clone.path / "prompts/run.md").write_bytes(b"y")
    (clone.path / "prompts/run.md").chmod(0o755)
    clone.git("add", "-A")
    clone.git("commit", "-qm", "names")
    assert from_work_tree(clone.path) == of_head(clone)
    assert {file.mode for file in of_head(clone)} == {0o100644, 0o100755}
    assert {file.path for file in of_head(clone)} == {"prompts/\udcff\n.md", "prompts/run.md"}


def test_folders_may_be_deeper_than_pythons_stack(clone: Clone) -> None:
    place = clone.path / "prompts"
    place.mkdir()
    here = Path.cwd()
    try:
        os.chdir(place)
        for _ in range(1_200):
            Path("d").mkdir()
            os.chdir("d")
        Path("x.md").write_text("x")
    finally:
        os.chdir(here)
    assert len(from_work_tree(clone.path)) == 1
    subprocess.run(["rm", "-rf", str(place)], check=True)  # what cleans up after tests recurses


def test_a_commit_that_is_not_there_is_refused(clone: Clone) -> None:
    with pytest.raises(RefusedError, match="no commit"):
        of_head(clone)


def test_of_some_folders_only_the_names_are_read(clone: Clone) -> None:
    commit = clone.commit({"prompts/x/a.md": "unread", "evals/a.yaml": "target: x\n", "partials/p.md": "p"})
    blob = clone.git("rev-parse", f"{commit}:prompts/x/a.md")
    (clone.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with Objects(Git(clone.path, environ=clone.environ)) as objects:
        found = from_tree(objects, commit, folders=["evals"], names_only=["prompts"])
    assert {each.path.partition("/")[0] for each in found} == {"evals", "prompts"}
    contents = {each.path: each.data for each in found}
    assert contents["evals/a.yaml"] == b"target: x\n"
    assert contents["prompts/x/a.md"] == b""


@pytest.mark.parametrize("becomes", ["a link", "a pipe", "a longer file"])
def test_what_takes_the_place_of_a_file_is_not_followed_or_waited_for_or_read_whole(
    tmp_path: Path, becomes: str
) -> None:
    place = tmp_path / "a.md"
    place.write_bytes(b"text")
    state = place.lstat()
    place.unlink()
    if becomes == "a link":
        place.symlink_to("/etc/hostname")
        with pytest.raises(OSError, match="symbolic links"):
            _file(place, "prompts/a.md", state)
        return
    if becomes == "a pipe":
        os.mkfifo(place)
    else:
        place.write_bytes(b"x" * (LOAD.file_size_bytes + 1))
    with _at_most(seconds=5):
        file = _file(place, "prompts/a.md", state)
    assert len(file.data) == (0 if becomes == "a pipe" else LOAD.file_size_bytes)


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """Raise `TimeoutError` out of a call of the system that takes longer."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
