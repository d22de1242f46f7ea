from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_repository

from promptctl.errors import IntegrityError, RefusedError
from promptctl.gitcmd import Git
from promptctl.store.objects import EXECUTABLE, REGULAR, TREE, Objects, TreeEntry, object_id

COMMIT = (
    b"tree %s\n"
    b"author \xc5lice  <a.@x>  1700000000 +0545\n"
    b"committer  .B,\xf6b <> 1700000001 -0000\n\n"
    b"no final line feed"
)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return make_repository(tmp_path / "r", hermetic_environ(tmp_path / "home"))


@pytest.fixture
def objects(clone: Clone) -> Iterator[Objects]:
    with Objects(Git(clone.path, environ=clone.environ)) as opened:
        yield opened


def test_names_of_all_forms_are_read_with_type_and_id(clone: Clone, objects: Objects) -> None:
    commit = clone.commit({"prompts/a.md": b"a\x00b\n"})
    found = objects.read("HEAD:prompts/a.md")
    assert found is not None
    assert (found.type, found.data, found.size_bytes) == ("blob", b"a\x00b\n", 4)
    assert found.oid == clone.git("rev-parse", "HEAD:prompts/a.md")
    head = objects.read("refs/heads/main")
    assert head is not None
    assert (head.type, head.oid) == ("commit", commit)


@pytest.mark.parametrize(
    "name", ["HEAD:none", "0" * 40, "refs/heads/none", "", "a\nHEAD", "x" * 5000, "a b c"]
)
def test_what_is_not_there_is_none_and_the_next_answer_is_right(
    clone: Clone, objects: Objects, name: str
) -> None:
    clone.commit({"f": "text"})
    assert objects.read(name) is None
    assert objects.blob("HEAD:f") == b"text"


def test_many_names_are_answered_in_order_with_their_gaps(clone: Clone, objects: Objects) -> None:
    clone.commit({f"f/{number:04}": f"{number}" * 50 for number in range(600)})
    numbers = random.Random(7).choices(range(700), k=900)
    found = objects.read_many([f"HEAD:f/{number:04}" for number in numbers])
    expected = [(f"{number}" * 50).encode() if number < 600 else None for number in numbers]
    assert [each.data if each else None for each in found] == expected


def test_an_object_over_the_limit_is_refused_unread_and_reading_goes_on(
    clone: Clone, objects: Objects
) -> None:
    clone.commit({"big": b"x" * 300_000, "small": "s"})
    with pytest.raises(RefusedError, match="300,000 bytes"):
        objects.read("HEAD:big", limit_bytes=299_999)
    assert objects.blob("HEAD:small") == b"s"
    (big,) = objects.read_many(["HEAD:big"], limit_bytes=10)
    assert big is not None
    assert (big.data, big.size_bytes) == (b"", 300_000)


def test_objects_written_by_others_later_are_found(clone: Clone, objects: Objects) -> None:
    first = clone.commit({"f": "1"})
    assert objects.read("refs/heads/main").oid == first  # type: ignore[union-attr]
    second = clone.commit({"f": "2"})
    clone.git("gc", "--quiet")
    assert objects.read("refs/heads/main").oid == second  # type: ignore[union-attr]
    assert objects.blob("refs/heads/main:f") == b"2"


def test_a_tree_lists_like_git_and_recursively_all_files(clone: Clone, objects: Objects) -> None:
    clone.commit({"b/c/d": "1", "b/a": "2", "b.c": "3", "a": "4", "b\tt": "5"})
    names = [entry.name for entry in objects.tree("HEAD") or ()]
    assert names == clone.git("ls-tree", "-z", "--name-only", "HEAD").split("\0")[:-1]
    files = [(entry.name, entry.oid) for entry in objects.tree("HEAD", recursive=True) or ()]
    assert files == sorted(files)
    listed = clone.git("ls-tree", "-r", "-z", "HEAD").split("\0")[:-1]
    assert files == sorted((line.split("\t", 1)[1], line.split()[2]) for line in listed)
    assert objects.tree("none") is None
    with pytest.raises(IntegrityError, match="is a blob"):
        objects.tree("HEAD:a")


def test_nothing_is_stored_before_the_flush_and_all_after(clone: Clone, objects: Objects) -> None:
    blob = objects.write_blob(b"text")
    inner = objects.write_tree([TreeEntry(REGULAR, "blob", blob, "f")])
    tree = objects.write_tree(
        [
            TreeEntry(TREE, "tree", inner, "a"),
            TreeEntry(EXECUTABLE, "blob", blob, "a.b"),
            TreeEntry(REGULAR, "blob", blob, "a-b"),
        ]
    )
    commit = objects.write_commit(COMMIT % tree.encode())
    tag = objects.write_tag(
        b"object %s\ntype commit\ntag t\ntagger a <b> 1 +0000\n\nnote\n" % commit.encode()
    )
    staged = [entry.name for entry in objects.tree(commit) or ()]
    assert clone.git("cat-file", "-t", commit, check=False) == ""
    objects.flush()
    assert clone.git("cat-file", "-t", tag) == "tag"
    assert clone.git("ls-tree", "-r", "-z", "--name-only", tag).split("\0")[:-1] == ["a-b", "a.b", "a/f"]
    assert [entry.name for entry in objects.tree(tag) or ()] == staged == ["a-b", "a.b", "a"]


def test_a_commit_is_stored_byte_for_byte_whatever_its_identities_and_encoding(
    clone: Clone, objects: Objects
) -> None:
    clone.git("config", "i18n.commitEncoding", "latin1")
    tree = objects.write_tree([])
    oid = objects.write_commit(COMMIT % tree.encode())
    objects.flush()
    raw = subprocess.run(
        ["git", "cat-file", "commit", oid],
        cwd=clone.path,
        env=dict(clone.environ),
        capture_output=True,
        check=True,
    )
    assert raw.stdout == COMMIT % tree.encode()


def test_ids_are_gits_own(clone: Clone) -> None:
    for data in (b"", b"x", b"\x00" * 5000):
        assert object_id("blob", data) == clone.git("hash-object", "--stdin", stdin=data)


def test_packs_hold_objects_of_every_size(clone: Clone, objects: Objects) -> None:
    sizes = [0, 1, 15, 16, 17, 2047, 2048, 2049, 300_000]
    oids = [objects.write_blob(b"s" * size) for size in sizes]
    objects.flush()
    assert [clone.git("cat-file", "-s", oid) for oid in oids] == [str(size) for size in sizes]


def test_a_repository_of_sha256_is_read_and_written(tmp_path: Path) -> None:
    environ = hermetic_environ(tmp_path / "home")
    clone = Clone(tmp_path, environ)
    clone.git("init", "--quiet", "--object-format=sha256", "r")
    with Objects(Git(tmp_path / "r", environ=environ), hash_name="sha256") as objects:
        blob = objects.write_blob(b"text")
        tree = objects.write_tree([TreeEntry(REGULAR, "blob", blob, "f")])
        objects.flush()
        assert [entry.oid for entry in objects.tree(tree) or ()] == [blob]
        assert Clone(tmp_path / "r", environ).git("cat-file", "blob", f"{tree}:f") == "text"


def test_a_malformed_tree_is_named_and_not_a_traceback(clone: Clone, objects: Objects) -> None:
    oid = clone.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=b"100644 a\x00short")
    with pytest.raises(IntegrityError, match="malformed"):
        objects.tree(oid)


def test_a_tree_that_multiplies_is_refused(clone: Clone, objects: Objects) -> None:
    blob = objects.write_blob(b"x")
    entries = [TreeEntry(REGULAR, "blob", blob, str(number)) for number in range(10)]
    for _ in range(12):
        tree = objects.write_tree(entries)
        entries = [TreeEntry(TREE, "tree", tree, str(number)) for number in range(10)]
    with pytest.raises(RefusedError, match="more than"):
        objects.tree(tree, recursive=True)
