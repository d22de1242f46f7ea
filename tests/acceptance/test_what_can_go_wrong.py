"""Nothing half-made, and words that help: every row of the table, for release, promote and rollback."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.repositories import Clone
from helpers.shop import (
    SHOP,
    another,
    call,
    everywhere,
    greeting,
    local_shop,
    ok,
    publish,
    refused,
    serving,
    shared,
    shop,
)

RELEASE = ("release", "hello")
PROMOTE = ("promote", "hello@1.1.0", "--to", "staging")
ROLLBACK = ("rollback", "hello", "--env", "dev", "--reason", "a test")
ALL = [RELEASE, PROMOTE, ROLLBACK]
every_command = pytest.mark.parametrize("words", ALL, ids=lambda words: words[0])


def story(clone: Clone) -> Clone:
    """Two releases in dev, one in staging, and a third text that waits to be released."""
    ok(clone, *RELEASE)
    for environment in ("dev", "staging"):
        ok(clone, "promote", "hello", "--to", environment)
    publish(clone, greeting("Greet warmly."))
    ok(clone, *RELEASE)
    ok(clone, "promote", "hello", "--to", "dev")
    publish(clone, greeting("Greet briefly."))
    return clone


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return story(shop(tmp_path_factory.mktemp("template")))


@pytest.fixture
def ada(template: Clone, tmp_path: Path) -> Clone:
    for name in ("ada", "remote.git"):
        shutil.copytree(template.path.with_name(name), tmp_path / name, symlinks=True)
    clone = Clone(tmp_path / "ada", template.environ)
    clone.git("remote", "set-url", "origin", (tmp_path / "remote.git").as_uri())
    return clone


def is_done(clone: Clone, words: tuple[str, ...]) -> bool:
    if words == RELEASE:
        return bool(shared(clone, "refs/tags/prompts/hello/v1.2.0"))
    environment, version = ("staging", "1.1.0") if words == PROMOTE else ("dev", "1.0.0")
    return serving(clone, environment) == {"prompts/hello": version}


@every_command
@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("\\033[31mno\\033[0m deploys \\007today", "nothing was changed; ask who runs the remote"),
        ("error: GH006: Protected branch update failed for refs/x.", "GitHub's rules"),
        ("GitLab: You are not allowed to push code to protected branches on this project.", "Protected"),
    ],
    ids=["a hook", "GitHub", "GitLab"],
)
def test_a_push_that_is_declined_changes_nothing_and_says_why(
    ada: Clone, tmp_path: Path, words: tuple[str, ...], said: str, hint: str
) -> None:
    hook = tmp_path / "remote.git/hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\nprintf '{said}\\n' >&2\nexit 1\n")
    hook.chmod(0o755)
    tags = ada.git("tag", "--list")
    error = refused(ada, 4, *words)
    assert any(each in error["message"] for each in ("no deploys today", "GH006", "GitLab: You"))
    assert "\x1b" not in error["message"]
    assert hint in error["hint"]
    assert ada.git("tag", "--list") == tags
    hook.unlink()
    ok(ada, *words)
    assert is_done(ada, words)


@every_command
def test_a_remote_that_is_gone_changes_nothing_and_is_named(
    ada: Clone, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = ada.git("for-each-ref")
    (tmp_path / "remote.git").rename(tmp_path / "gone.git")
    done = call(ada, *words, "-o", "json")
    assert (done.code, done.json["code"]) == (5, "unavailable")
    assert done.json["hint"]
    assert ada.git("for-each-ref") == before
    (tmp_path / "gone.git").rename(tmp_path / "remote.git")
    ok(ada, *words)
    assert is_done(ada, words)


def limited(clone: Clone, words: tuple[str, ...], size_bytes: int) -> tuple[int, Any]:
    """Run a command whose processes can write no file larger than this, as on a disk that is full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))

    done = subprocess.run(
        [sys.executable, "-m", "promptctl", *words, "-o", "json"],
        cwd=clone.path,
        env={**clone.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # Python would keep a cut one
        capture_output=True,
        check=False,
        preexec_fn=limit,
    )
    assert done.stdout, (done.returncode, done.stderr)
    return done.returncode, json.loads(done.stdout)


@every_command
@pytest.mark.parametrize("size_bytes", [0, 600])
def test_a_disk_that_is_full_changes_nothing(ada: Clone, words: tuple[str, ...], size_bytes: int) -> None:
    large = "".join(f"{at} Greet {at * 7919 % 1009} more.\n" for at in range(600))
    publish(
        ada, {"promptctl.yaml": SHOP["promptctl.yaml"] + "".join(f"# {line}\n" for line in large.split("\n"))}
    )
    publish(ada, greeting(large))
    before = everywhere(ada)
    run = (*words[:-1], large) if words == ROLLBACK else words
    code, error = limited(ada, run, size_bytes)
    assert code in {4, 5}, error
    assert error["hint"]
    assert everywhere(ada) == before
    assert not list((ada.path / ".git").glob("promptctl-view-*"))
    ok(ada, *words)
    assert is_done(ada, words)


@pytest.mark.parametrize("head", ["refs/heads/none", "refs/heads/env/dev"])
def test_a_default_branch_that_is_not_there_stops_all_but_a_rollback(
    ada: Clone, tmp_path: Path, head: str
) -> None:
    remote = Clone(tmp_path / "remote.git", ada.environ)
    remote.git("symbolic-ref", "HEAD", head)
    bob = another(ada, "bob")
    bob.git("checkout", "--quiet", "--detach", ada.git("rev-parse", "HEAD"))
    for words in (RELEASE, PROMOTE):
        error = refused(bob, 4, *words)
        assert error["hint"], error
    ok(bob, *ROLLBACK)
    assert is_done(bob, ROLLBACK)
    if head.endswith("none"):
        assert "promptctl.defaultBranch" in error["hint"]
        bob.git("config", "promptctl.defaultBranch", "main")
        ok(bob, *PROMOTE)
        assert is_done(bob, PROMOTE)


@every_command
@pytest.mark.parametrize(
    "place", ["detached", "bare", "linked", "shallow", "dirty elsewhere", "without a remote"]
)
def test_it_works_in_every_kind_of_clone(
    ada: Clone, tmp_path: Path, words: tuple[str, ...], place: str
) -> None:
    url, clone = ada.git("remote", "get-url", "origin"), ada
    if place == "detached":
        ada.git("checkout", "--quiet", "--detach")
    elif place == "bare":
        ada.git("clone", "--quiet", "--bare", url, str(tmp_path / "bare.git"))
        clone = Clone(tmp_path / "bare.git", ada.environ)
    elif place == "linked":
        ada.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
        clone = Clone(tmp_path / "linked", ada.environ)
    elif place == "shallow":
        ada.git("clone", "--quiet", "--depth=1", url, str(tmp_path / "shallow"))
        clone = Clone(tmp_path / "shallow", ada.environ)
    elif place == "dirty elsewhere":
        ada.write({"notes.txt": "mine", "promptctl.yaml": "half written: ["})
        ada.git("add", "notes.txt")
    else:
        (tmp_path / "new").mkdir()
        clone = story(local_shop(tmp_path / "new"))
    ok(clone, *words)
    assert is_done(clone, words)
    again = call(clone, *words, "-o", "json")
    assert again.code in {0, 4}, "done already, or nothing to go back to"


def test_only_a_release_needs_a_clean_work_tree_and_names_the_files(ada: Clone) -> None:
    ada.write(greeting("Not committed."))
    assert "prompts/hello.md" in refused(ada, 4, *RELEASE)["message"]
    assert "--at" in refused(ada, 4, *RELEASE)["hint"]
    for words in (PROMOTE, ROLLBACK):
        ok(ada, *words)
        assert is_done(ada, words)
    assert ada.git("status", "--porcelain") == " M prompts/hello.md"
