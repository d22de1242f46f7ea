"""A repository made by somebody else: whatever its `.git` says, nothing of it runs or goes elsewhere."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote

from promptctl.errors import PromptctlError, RefusedError, Unavailable
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


# Each of the first group changes what happens when git obeys it; the rest are keys known to run programs.
CONFIGURATIONS = {
    "insteadOf to a command": [("url.ext::{evil} .insteadOf", "{url}"), ("protocol.ext.allow", "always")],
    "pushInsteadOf to a command": [("url.ext::{evil} .pushInsteadOf", "{url}"), ("protocol.allow", "always")],
    "insteadOf to another folder": [("url.file:///nowhere.insteadOf", "{url}")],
    "upload-pack": [("remote.origin.uploadpack", "{evil}")],
    "receive-pack": [("remote.origin.receivepack", "{evil}")],
    "remote helper": [("remote.origin.vcs", "ext")],
    "mirror": [("remote.origin.mirror", "true"), ("remote.origin.push", "+refs/heads/*:refs/heads/*")],
    "refspec over our branches": [("remote.origin.fetch", "+refs/heads/*:refs/heads/*")],
    "lazily fetched objects": [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "evil"),
        ("remote.evil.url", "file:///"),
        ("remote.evil.promisor", "true"),
        ("remote.evil.uploadpack", "{evil}"),
    ],
    "included file": [("include.path", "{folder}/included")],
    "work tree elsewhere": [("core.worktree", "/")],
    "programs": [
        *(
            (f"core.{key}", "{evil}")
            for key in (
                "fsmonitor",
                "sshCommand",
                "gitProxy",
                "askPass",
                "pager",
                "editor",
                "alternateRefsCommand",
            )
        ),
        *((f"gpg.{key}", "{evil}") for key in ("program", "ssh.program", "ssh.defaultKeyCommand")),
        *((f"filter.evil.{key}", "{evil}") for key in ("clean", "smudge", "process")),
        *((f"diff.{key}", "{evil}") for key in ("external", "evil.textconv", "evil.command")),
        *((f"alias.{key}", "!{evil}") for key in ("fetch", "push", "cat-file")),
        ("credential.helper", "!{evil}"),
        ("trailer.x.cmd", "{evil}"),
        ("uploadpack.packObjectsHook", "{evil}"),
        ("gc.recentObjectsHook", "{evil}"),
    ],
    "switches": [
        *((f"{key}.gpgSign", "true") for key in ("commit", "tag", "push")),
        ("log.showSignature", "true"),
        ("gpg.program", "{evil}"),
        ("pager.log", "true"),
        ("filter.evil.required", "true"),
        ("submodule.recurse", "true"),
        ("push.recurseSubmodules", "on-demand"),
        ("gc.auto", "1"),
        ("trace2.eventTarget", "{folder}/trace"),
        ("i18n.commitEncoding", "utf-16"),
        ("core.autocrlf", "true"),
        ("http.proxy", "http://127.0.0.1:9"),
    ],
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_no_key_of_the_repositorys_configuration_is_obeyed(
    name: str, clone: Clone, remote: Clone, evil: Path, tmp_path: Path
) -> None:
    (clone.path / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (clone.path / ".git/info/attributes").write_text("* filter=evil diff=evil\n")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "included").write_text(f'[remote "origin"]\n\tuploadpack = {evil}\n')
    words = {"evil": evil, "folder": folder, "url": remote.path.as_uri()}
    for key, value in CONFIGURATIONS[name]:
        plant(clone, key.format(**words), value.format(**words))
    work(clone)
    assert not (tmp_path / "ran").exists()
    assert not (folder / "trace").exists()
    assert remote.git("for-each-ref", "--format=%(refname)").splitlines() == [
        PROD,
        "refs/heads/main",
        "refs/tags/prompts/a/v1.0.0",
    ]


def plant(clone: Clone, key: str, value: str) -> None:
    file = str(clone.path / ".git/config")
    subprocess.run(["git", "config", "--file", file, "--add", key, value], check=True)


@pytest.mark.parametrize(("whose", "runs"), [("repository", False), ("user", True)])
@pytest.mark.parametrize("key", ["core.sshCommand", "credential.helper"])
def test_only_the_user_chooses_the_programs_that_sign_in(
    clone: Clone, evil: Path, tmp_path: Path, whose: str, runs: bool, key: str
) -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), AsksForPassword)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    urls = {
        "core.sshCommand": "ssh://127.0.0.1:9/r.git",
        "credential.helper": f"http://127.0.0.1:{server.server_port}/r",
    }
    clone.git("remote", "set-url", "origin", urls[key])
    clone.git("config", "--global" if whose == "user" else "--local", key, str(evil))
    try:
        with Repository.discover(clone.path, clone.environ) as repository, pytest.raises(Unavailable):
            repository.refs.fetch([HEAD])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert (tmp_path / "ran").exists() == runs


class AsksForPassword(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


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


@pytest.mark.parametrize("key", ["url", "pushurl"])
def test_an_address_that_is_none_is_refused_before_git_sees_it(
    clone: Clone, tmp_path: Path, key: str
) -> None:
    mark = tmp_path / "ran"
    helpers = [f"ext::sh -c 'touch {mark}'", "fd::3", f"--upload-pack=touch {mark}"]
    for address in [*helpers, "git://127.0.0.1:9/x", "ftp://127.0.0.1/x", "x\ny", ""]:
        clone.git("config", "--replace-all", f"remote.origin.{key}", address)
        with pytest.raises(RefusedError, match="origin") as caught:
            work(clone)
        assert "\n" not in caught.value.message
    assert not mark.exists()


def test_a_remote_with_an_impossible_name_is_refused_in_clean_words(clone: Clone) -> None:
    clone.git("config", "--remove-section", "remote.origin")
    plain = (clone.path / ".git/config").read_text()
    for name in ("-x", "a b", "../x", '\\"]core', "\x1b[31mred"):
        (clone.path / ".git/config").write_text(f'{plain}[remote "{name}"]\n\turl = file:///x\n')
        with pytest.raises(PromptctlError) as caught:
            work(clone)
        assert caught.value.exit_code == 4
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
