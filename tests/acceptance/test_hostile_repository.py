"""A repository that somebody else prepared: no command runs anything of it, and none is led elsewhere."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import SMALL, call, greeting, ok, publish, refused, shared, shop

HOOKS = (
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "pre-push",
    "pre-receive",
    "update",
    "proc-receive",
    "post-receive",
    "post-update",
    "reference-transaction",
    "push-to-checkout",
    "pre-auto-gc",
    "post-rewrite",
    "sendemail-validate",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-pre-submit",
    "post-index-change",
)
COMMANDS = [
    ("validate", "--at", "HEAD"),
    ("list",),
    ("show", "hello@1.0.0"),
    ("diff", "hello@1.0.0", "hello"),
    ("diff", "hello@git:HEAD~1", "hello"),
    ("release", "hello"),
    ("release", "--changed"),
    ("promote", "hello", "--to", "dev"),
    ("promote", "hello@1.0.0", "--to", "dev"),
    ("rollback", "hello", "--env", "dev", "--reason", "a test"),
    ("hold", "hello", "--env", "dev", "--reason", "a test"),
    ("unhold", "hello", "--env", "dev", "--reason", "a test"),
    ("status",),
    ("history", "hello"),
    ("history", "--env", "dev"),
    ("verify", "--all"),
]


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    made = shop(tmp_path, SMALL)
    ok(made, "release", "hello")
    ok(made, "promote", "hello", "--to", "dev")
    publish(made, greeting("Greet warmly."))
    return made


def program(place: Path, mark: Path) -> Path:
    """Make a program that leaves a mark, and fails."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f'#!/bin/sh\necho "$0 $*" >>{mark}\nexit 1\n')
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    return place


def prepare(clone: Clone, mark: Path) -> None:
    """Plant in one repository everything by which git can be made to run something or to look elsewhere."""
    git = clone.path / ".git"
    clone.git("replace", "HEAD", "HEAD~1")
    for ref in ("refs/heads/-x", "refs/tags/--upload-pack=evil", "refs/remotes/origin/env/-x"):
        clone.git("update-ref", ref, "HEAD")
    url = clone.git("remote", "get-url", "origin")
    head = clone.git("rev-parse", "HEAD")
    evil = program(git / "evil", mark)
    for name in HOOKS:
        program(git / "hooks" / name, mark)
        program(git / "more-hooks" / name, mark)
    filters = (
        "* filter=evil diff=evil merge=evil text eol=crlf working-tree-encoding=UTF-16 ident export-subst\n"
    )
    (git / "info/attributes").write_text(filters)
    (git / "info/grafts").write_text(f"{head}\n")
    (git / "info/sparse-checkout").write_text("/nothing\n")
    elsewhere = git / "elsewhere"
    elsewhere.mkdir()
    (git / "objects/info/alternates").write_text(f"{elsewhere}\n")
    clone.write({".gitattributes": filters, ".gitmodules": f'[submodule "x"]\n\tpath=x\n\tupdate=!{evil}\n'})
    (git / "included").write_text(f"[core]\n\tsshCommand = {evil}\n[alias]\n\tfetch = !{evil}\n")
    (git / "config.worktree").write_text(f"[core]\n\tfsmonitor = {evil}\n\thooksPath = {git}/more-hooks\n")
    with (git / "config").open("a") as config:
        config.write(_configuration(evil, git, url))


def _configuration(evil: Path, git: Path, url: str) -> str:
    return f"""
[core]
	fsmonitor = {evil}
	hooksPath = {git}/more-hooks
	sshCommand = {evil}
	gitProxy = {evil}
	askPass = {evil}
	pager = {evil}
	editor = {evil}
	alternateRefsCommand = {evil}
	attributesFile = {git}/info/attributes
	repositoryFormatVersion = 1
	sparseCheckout = true
	autocrlf = true
[extensions]
	worktreeConfig = true
	partialClone = evil
[include]
	path = {git}/included
[remote "origin"]
	uploadpack = {evil}
	receivepack = {evil}
	proxy = http://127.0.0.1:9
	tagOpt = --tags
	prune = true
[remote "evil"]
	url = ext::{evil}
	promisor = true
	uploadpack = {evil}
[url "ext::{evil} "]
	insteadOf = {url}
	pushInsteadOf = {url}
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[filter "evil"]
	clean = {evil}
	smudge = {evil}
	process = {evil}
	required = true
[diff]
	external = {evil}
[diff "evil"]
	textconv = {evil}
	command = {evil}
[merge "evil"]
	driver = {evil}
[credential]
	helper = !{evil}
[gpg]
	program = {evil}
[gpg "ssh"]
	program = {evil}
	defaultKeyCommand = {evil}
[commit]
	gpgSign = true
[tag]
	gpgSign = true
[push]
	gpgSign = true
	recurseSubmodules = on-demand
	followTags = true
[submodule]
	recurse = true
[log]
	showSignature = true
[trailer "x"]
	cmd = {evil}
[uploadpack]
	packObjectsHook = {evil}
[gc]
	auto = 1
[fetch]
	prune = true
	pruneTags = true
[trace2]
	eventTarget = {evil}.trace
"""


def test_no_command_runs_anything_of_it_or_is_led_elsewhere(ada: Clone, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    prepare(ada, mark)
    for words in COMMANDS:
        done = call(ada, *words, "-o", "json")
        assert not mark.exists(), f"{words}: {mark.read_text()}"
        assert done.code == 0, f"{words}: {done.err}"
    assert not list((ada.path / ".git").glob("*.trace"))
    plain = Clone(tmp_path / "remote.git", ada.environ)
    names = plain.git("for-each-ref", "--format=%(refname)").splitlines()
    assert names == [
        "refs/heads/env/dev",
        "refs/heads/main",
        "refs/tags/prompts/hello/v1.0.0",
        "refs/tags/prompts/hello/v1.1.0",
    ]


def test_the_same_repository_makes_plain_git_run_it(ada: Clone, tmp_path: Path) -> None:
    prepare(ada, tmp_path / "ran")
    ada.git("fetch", "origin", check=False)
    ada.git("status", check=False)
    assert (tmp_path / "ran").exists()


def test_the_hooks_of_a_remote_are_the_remotes(ada: Clone, tmp_path: Path) -> None:
    """A folder that is reached by file:// has its own hooks, which its owner set: they decide."""
    mark = tmp_path / "ran"
    hook = program(tmp_path / "remote.git/hooks/pre-receive", mark)
    error = refused(ada, 4, "release", "hello")
    assert "hook declined" in error["message"]
    assert mark.exists()
    hook.unlink()
    ok(ada, "release", "hello")
    assert shared(ada, "refs/tags/prompts/hello/v1.1.0")


def test_a_revision_that_looks_like_an_option_is_a_name(ada: Clone, tmp_path: Path) -> None:
    for revision in ("--help", "-x", "--upload-pack=touch x", "HEAD --all", "HEAD\n--all", ":/", "@{u}"):
        assert refused(ada, 2, "release", "hello", f"--at={revision}")["hint"]
    head = ada.git("rev-parse", "HEAD")
    ada.git("update-ref", "refs/heads/-x", head)
    assert ok(ada, "release", "hello", "--at=-x")["releases"][0]["source_commit"] == head
