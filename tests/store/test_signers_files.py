"""The files of signers among the files of a registry: in a work tree and in a commit alike."""

from __future__ import annotations

from pathlib import Path

from helpers.keys import make_key
from helpers.repositories import hermetic_environ, make_repository

from promptctl.store.files import from_tree, from_work_tree
from promptctl.store.registry import read
from promptctl.store.repository import Repository

FILES = {
    ".promptctl/allowed_signers": "*@acme.example ssh-ed25519 AAAA\n",
    ".promptctl/revoked_keys": "all of them\n",
    ".promptctl/schemas/prompt.json": "{}",
    ".promptctl/notes.md": "ours",
    "promptctl.yaml": "environments:\n  - name: dev\n",
}


def test_signers_are_looked_at_and_nothing_else_of_their_folder(tmp_path: Path) -> None:
    clone = make_repository(tmp_path / "registry", hermetic_environ(tmp_path / "home"))
    clone.commit(FILES)
    with Repository.discover(clone.path, clone.environ) as repository:
        stored = from_tree(repository.objects, "HEAD")
    assert stored == from_work_tree(clone.path)
    assert [each.path for each in stored] == [
        ".promptctl/allowed_signers",
        ".promptctl/revoked_keys",
        "promptctl.yaml",
    ]
    assert [(each.path, each.code) for each in read(stored).findings] == [
        (".promptctl/allowed_signers", "PC174"),
        (".promptctl/revoked_keys", "PC173"),
    ]


def test_signers_that_are_no_files_are_findings_in_both(tmp_path: Path) -> None:
    clone = make_repository(tmp_path / "registry", hermetic_environ(tmp_path / "home"))
    (clone.path / ".promptctl").mkdir()
    (clone.path / ".promptctl" / "allowed_signers").symlink_to("/etc/passwd")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "a link")
    with Repository.discover(clone.path, clone.environ) as repository:
        stored = from_tree(repository.objects, "HEAD")
    for files in (stored, from_work_tree(clone.path)):
        assert [(each.path, each.code) for each in read(files).findings] == [
            (".promptctl/allowed_signers", "PC006")
        ]


def test_a_file_in_the_place_of_the_folder_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / ".promptctl").write_text("a file")
    assert from_work_tree(tmp_path) == []


def test_a_private_key_in_the_file_of_signers_is_found_as_one_and_nothing_else_is_said(
    tmp_path: Path,
) -> None:
    private = make_key(tmp_path / "key").path.read_text("ascii")
    (tmp_path / ".promptctl").mkdir()
    (tmp_path / ".promptctl" / "allowed_signers").write_text(f"ada@acme.example {private}")
    (finding,) = read(from_work_tree(tmp_path)).findings
    assert finding.code == "PC080"
