"""A repository made by somebody else: whatever its `.git` says, nothing of it runs or goes elsewhere."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote

from promptctl.errors import PromptctlError, RefusedError
from promptctl.store.files import from_tree
from promptctl.store.objects import REGULAR, TreeEntry
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository

PROD = "refs/heads/env/prod"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


@pytest.fixture
def remote(tmp_path: Path, environ: dict[str, str]) -> Clone:
    return make_remote(tmp_path / "r.git", environ, {"promptctl.yaml": "x\n", "prompts/a.md": "a\n"})


@pytest.fixture
def clone(tmp_path: Path, remote: Clone, environ: dict[str, str]) -> Clone:
    return make_clone(remote, tmp_path / "c", environ)


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A program that leaves a mark."""
    program = tmp_path / "evil"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/ran\n')
    program.chmod(0o755)
    return program


def work(clone: Clone) -> None:
    """Everything that the product does to a repository: read, compare, fetch, write, push."""
    with Repository.discover(clone.path, clone.environ) as repository:
        repository.refs.fetch([HEAD, "refs/heads/env/*", "refs/heads/evidence", "refs/tags/prompts/a/*"])
        assert [file.path for file in from_tree(repository.objects, "HEAD")] == [
            "promptctl.yaml",
            "prompts/a.md",
        ]
        assert repository.objects.read("1" * 40) is None
        repository.dirty(["prompts/a.md", "promptctl.yaml"])
        repository.git.run("log", "-p", "--no-ext-diff", "--no-textconv", "-1", HEAD)
        who = "Ada <ada@acme.example> 1700000000 +0000"
        blob = repository.objects.write_blob(b"lock")
        tree = repository.objects.write_tree([TreeEntry(REGULAR, "blob", blob, "lock.json")])
        commit = repository.objects.write_commit(
            f"tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n".encode()
        )
        repository.refs.push(PROD, commit, repository.refs.read(PROD))
        repository.refs.push("refs/tags/prompts/a/v1.0.0", commit, None)
        repository.git.run("update-ref", "--end-of-options", "refs/heads/local", commit)


CONFIGURATIONS = {
    "hooks": ["core.hooksPath={folder}/hooks"],
    "file-system monitor": ["core.fsmonitor={evil}"],
    "ssh": ["core.sshCommand={evil}", "ssh.variant=simple"],
    "git proxy": ["core.gitProxy={evil}"],
    "ask for passwords": ["core.askPass={evil}"],
    "pager": ["core.pager={evil}", "pager.log=true"],
    "editor": ["core.editor={evil}", "sequence.editor={evil}"],
    "alternate refs": ["core.alternateRefsCommand={evil}"],
    "work tree elsewhere": ["core.worktree=/"],
    "credential helper": ["credential.helper=!{evil}"],
    "insteadOf to a command": [
        "url.ext::{evil} .insteadOf={url}",
        "protocol.ext.allow=always",
        "protocol.allow=always",
    ],
    "pushInsteadOf to a command": ["url.ext::{evil} .pushInsteadOf={url}", "protocol.ext.allow=always"],
    "insteadOf to another folder": ["url.file:///nowhere.insteadOf={url}"],
    "upload-pack": ["remote.origin.uploadpack={evil}"],
    "receive-pack": ["remote.origin.receivepack={evil}"],
    "remote helper": ["remote.origin.vcs=ext"],
    "remote proxy": ["remote.origin.proxy=http://127.0.0.1:9", "http.proxy=http://127.0.0.1:9"],
    "mirror": [
        "remote.origin.mirror=true",
        "remote.origin.prune=true",
        "remote.origin.push=+refs/heads/*:refs/heads/*",
    ],
    "refspec over our branches": ["remote.origin.fetch=+refs/heads/*:refs/heads/*"],
    "signing": [
        "gpg.program={evil}",
        "gpg.ssh.program={evil}",
        "gpg.format=ssh",
        "commit.gpgSign=true",
        "tag.gpgSign=true",
        "log.showSignature=true",
    ],
    "signed pushes": ["push.gpgSign=true", "gpg.program={evil}"],
    "filters": [
        "filter.evil.clean={evil}",
        "filter.evil.smudge={evil}",
        "filter.evil.process={evil}",
        "filter.evil.required=true",
    ],
    "diff drivers": ["diff.external={evil}", "diff.evil.textconv={evil}", "diff.evil.command={evil}"],
    "aliases": ["alias.fetch=!{evil}", "alias.push=!{evil}", "alias.cat-file=!{evil}"],
    "lazily fetched objects": [
        "core.repositoryFormatVersion=1",
        "extensions.partialClone=evil",
        "remote.evil.url=file:///",
        "remote.evil.promisor=true",
        "remote.evil.uploadpack={evil}",
    ],
    "submodules": [
        "submodule.recurse=true",
        "fetch.recurseSubmodules=true",
        "push.recurseSubmodules=on-demand",
    ],
    "maintenance": ["gc.auto=1", "gc.recentObjectsHook={evil}", "maintenance.auto=true"],
    "trailers": ["trailer.x.command={evil}", "trailer.x.cmd={evil}"],
    "included file": ["include.path={folder}/included"],
    "pack hook": ["uploadpack.packObjectsHook={evil}"],
    "trace": ["trace2.eventTarget={folder}/trace"],
    "replace refs": ["core.useReplaceRefs=true"],
    "encoding": ["i18n.commitEncoding=utf-16", "i18n.logOutputEncoding=utf-16"],
    "line ends": ["core.autocrlf=true", "core.eol=crlf", "core.safecrlf=true"],
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_no_key_of_the_repositorys_configuration_is_obeyed(
    name: str, clone: Clone, remote: Clone, evil: Path, tmp_path: Path
) -> None:
    (clone.path / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (clone.path / ".git/info/attributes").write_text("* filter=evil diff=evil\n")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "included").write_text(
        f'[core]\n\tsshCommand = {evil}\n\tfsmonitor = {evil}\n[filter "evil"]\n\tclean = {evil}\n'
    )
    for setting in CONFIGURATIONS[name]:
        key, _, value = (
            setting.format(evil=evil, folder=folder, url=remote.path.as_uri()).rpartition("=")
            if "insteadOf" in setting.lower()
            else setting.format(evil=evil, folder=folder, url="").partition("=")
        )
        subprocess.run(
            ["git", "config", "--file", str(clone.path / ".git/config"), "--add", key, value], check=True
        )
    work(clone)
    assert not (tmp_path / "ran").exists()
    assert not (folder / "trace").exists()
    assert remote.git("for-each-ref", "--format=%(refname)").splitlines() == [
        PROD,
        "refs/heads/main",
        "refs/tags/prompts/a/v1.0.0",
    ]


def test_no_hook_of_the_repository_runs(clone: Clone, tmp_path: Path) -> None:
    hooks = clone.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        "pre-push",
        "reference-transaction",
        "post-update",
        "post-checkout",
        "post-index-change",
        "pre-auto-gc",
    ):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran-{name}\nexit 1\n")
        (hooks / name).chmod(0o755)
    work(clone)
    assert not list(tmp_path.glob("ran-*"))


def test_the_marks_of_this_file_are_left_by_plain_git(clone: Clone, evil: Path, tmp_path: Path) -> None:
    clone.git("config", "remote.origin.uploadpack", str(evil))
    clone.git("fetch", check=False)
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c 'touch {mark}'",
        "fd::3",
        "--upload-pack=touch {mark}",
        "git://127.0.0.1:9/x",
        "ftp://127.0.0.1/x",
        "x\ny",
        "",
    ],
)
@pytest.mark.parametrize("key", ["url", "pushurl"])
def test_an_address_that_is_none_is_refused_before_git_sees_it(
    clone: Clone, tmp_path: Path, address: str, key: str
) -> None:
    clone.git("config", "--replace-all", f"remote.origin.{key}", address.format(mark=tmp_path / "ran"))
    with pytest.raises(RefusedError, match="origin") as caught:
        work(clone)
    assert "\n" not in caught.value.message
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["-x", "a b", "../x", 'a"]\n[core', "\x1b[31mred"])
def test_a_remote_with_an_impossible_name_is_refused_in_clean_words(clone: Clone, name: str) -> None:
    clone.git("config", "--remove-section", "remote.origin")
    text = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "")
    with (clone.path / ".git/config").open("a") as config:
        config.write(f'[remote "{text}"]\n\turl = file:///x\n')
    with pytest.raises(RefusedError) as caught:
        work(clone)
    assert "\x1b" not in caught.value.message


def test_a_header_to_sign_in_that_ci_stored_is_kept_and_cannot_carry_other_keys(clone: Clone) -> None:
    clone.git("config", "http.https://acme.example/.extraheader", 'AUTHORIZATION: basic "x\\y"')
    clone.git("config", "http.https://acme.example/.proxy", "http://127.0.0.1:9")
    with (clone.path / ".git/config").open("a") as config:
        config.write('[http "https://evil.example/"]\n\textraHeader = "a\\n[core]\\n\\tsshCommand = evil"\n')
    with Repository.discover(clone.path, clone.environ) as repository:
        seen = repository.git.run("config", "--local", "--list").decode()
    assert 'http.https://acme.example/.extraheader=AUTHORIZATION: basic "x\\y"\n' in seen
    assert "proxy" not in seen
    assert "evil" not in seen


def test_replaced_and_grafted_history_is_not_believed(clone: Clone) -> None:
    first = clone.git("rev-parse", "HEAD")
    fake = clone.git("commit-tree", "HEAD^{tree}", "-m", "fake")
    clone.git("replace", first, fake)
    (clone.path / ".git/info/grafts").write_text(f"{first} {fake}\n")
    with Repository.discover(clone.path, clone.environ) as repository:
        found = repository.objects.read(first)
        assert found is not None
        assert b"fake" not in found.data
        assert repository.git.run("rev-list", "--count", first) == b"1\n"


def test_damaged_objects_are_refused_and_brought_again_by_a_fetch(clone: Clone) -> None:
    for place in (clone.path / ".git/objects").glob("pack/*.pack"):
        place.chmod(0o644)
        place.write_bytes(b"not a pack")
    with Repository.discover(clone.path, clone.environ) as repository, pytest.raises(RefusedError):
        from_tree(repository.objects, "HEAD")
    work(clone)


@pytest.mark.parametrize(
    "damage",
    [
        lambda clone: (clone.path / ".git/HEAD").write_text("nonsense"),
        lambda clone: (clone.path / ".git/config").write_text("[core\n"),
        lambda clone: (clone.path / ".git/packed-refs").write_bytes(b"\x00\xff nonsense\n"),
    ],
    ids=["HEAD", "config", "packed-refs"],
)
def test_a_damaged_repository_is_refused_without_a_traceback(
    clone: Clone, damage: Callable[[Clone], object]
) -> None:
    damage(clone)
    with pytest.raises(PromptctlError):
        work(clone)
