"""The bytes of release commits and tags."""

from __future__ import annotations

import pytest

from promptctl.core.versions import Version
from promptctl.errors import IntegrityError
from promptctl.model.bundle import BuiltBundle
from promptctl.model.release import commit_bytes, parse_release_json, release_json, tag_bytes

BUNDLE = BuiltBundle("prompts/x", b"{}", "sha256:ab", ("prompts/x.md",), {})
PEOPLE = b"author \xff \xe9 <a@b> 1 +0530\ncommitter C <c@d> 2 -0000"


def commit(source: bytes, parent: str | None = None) -> bytes:
    version = Version(1, 2, 3)
    return commit_bytes(
        tree="t", parent=parent, source=source, source_commit="s", bundle=BUNDLE, version=version
    )


@pytest.mark.parametrize("parent", [None, "p"])
def test_a_commit_is_tree_parent_the_two_lines_of_its_source_and_the_message(parent: str | None) -> None:
    source = (
        b"tree x\nparent y\n" + PEOPLE + b"\nencoding latin1\ngpgsig a\n author X <x> 1 +0000\n\nauthor Z\n"
    )
    line = b"parent p\n" if parent else b""
    message = b"prompts/x v1.2.3\n\nSource-Commit: s\nDigest: sha256:ab\n"
    assert commit(source, parent) == b"tree t\n" + line + PEOPLE + b"\n\n" + message


def test_a_source_without_an_author_is_refused() -> None:
    with pytest.raises(IntegrityError, match="author"):
        commit(b"tree x\ncommitter C <c@d> 2 -0000\n\nauthor in the message <a@b> 1 +0000\n")


def tag(notes: str) -> bytes:
    return tag_bytes(
        commit="c",
        address="prompts/x",
        version=Version(1, 0, 0),
        digest="sha256:ab",
        tagger=b"tagger T",
        notes=notes,
    )


def test_a_tag_has_the_version_the_notes_and_the_trailer() -> None:
    head = b"object c\ntype commit\ntag prompts/x/v1.0.0\ntagger T\n\nprompts/x v1.0.0\n\n"
    assert tag("") == head + b"Digest: sha256:ab\n"
    assert tag("  two\n\nlines \n") == head + b"two\n\nlines\n\nDigest: sha256:ab\n"


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"schema":"promptctl.release/v1"}']
)
def test_a_release_json_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_release_json(content)


def test_a_release_json_is_read_back() -> None:
    parsed = parse_release_json(release_json(BUNDLE, "s", {"prompts/x.md": b""}))
    assert (parsed["name"], parsed["digest"], parsed["source_commit"]) == ("prompts/x", "sha256:ab", "s")
