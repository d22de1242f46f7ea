"""`promptctl rollback --all`: a whole environment goes back, in one commit, and what is held stays away."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import (
    another,
    call,
    finished,
    lock_of,
    new_version,
    ok,
    publish,
    quick_environ,
    refused,
    serving,
    shared,
    shop,
    start,
)

HELLO, BYE = "prompts/hello", "prompts/bye"
WHY = ("--env", "dev", "--reason", "rude")
ALL = ("rollback", "--all", *WHY, "--to")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dev: 1 hello 1.0.0; 2 hello 1.1.0; 3 also bye 1.0.0; 4 hello 1.2.0 and bye 1.1.0."""
    ada = shop(tmp_path_factory.mktemp("served"))
    for text in ("One.", "Two."):
        new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
    new_version(ada, "Bye.", "bye")
    ok(ada, "promote", "bye", "--to", "dev")
    new_version(ada, "Three.")
    new_version(ada, "Goodbye.", "bye")
    ok(ada, "promote", "--all", "--to", "dev")
    return ada.path.parent


@pytest.fixture
def ada(served: Path, tmp_path: Path) -> Clone:
    shutil.copytree(served, tmp_path / "copy")
    environ = quick_environ(tmp_path / "copy/home")
    clone = Clone(tmp_path / "copy/ada", environ)
    clone.git("remote", "set-url", "origin", (tmp_path / "copy/remote.git").as_uri())
    return clone


def commits(clone: Clone) -> list[str]:
    """Return the commits of dev, oldest first."""
    changes = ok(clone, "history", "--env", "dev")["changes"]
    return [each["commit"] for each in reversed(changes)]


def test_everything_serves_as_it_did_then_and_what_goes_is_held(ada: Clone) -> None:
    then = commits(ada)[2]
    done = ok(ada, *ALL, then)
    assert done["changes"] == [
        {"address": BYE, "from": "1.1.0", "to": "1.0.0"},
        {"address": HELLO, "from": "1.2.0", "to": "1.1.0"},
    ]
    assert ada.git("rev-parse", f"{done['commit']}^") == commits(ada)[3]
    lock = lock_of(ada, "dev")
    assert lock["sequence"] == 5
    assert [each["version"] for each in lock["pins"][HELLO]["previous"]] == ["1.0.0"]
    assert {each["reason"] for each in lock["holds"]} == {"rude"}
    assert len(lock["holds"]) == 2
    for address in (HELLO, BYE):
        trees = [ada.git("rev-parse", f"{each}:releases/{address}") for each in (then, done["commit"])]
        assert trees[0] == trees[1]
    assert call(ada, "verify").code == 0


def test_what_did_not_serve_then_serves_no_longer(ada: Clone) -> None:
    done = ok(ada, *ALL, "2")
    assert {"address": BYE, "from": "1.1.0", "to": None} in done["changes"]
    assert serving(ada, "dev") == {HELLO: "1.1.0"}
    assert ada.git("ls-tree", "--name-only", f"{done['commit']}:releases/prompts") == "hello"
    assert call(ada, "verify").code == 0


def test_a_second_one_goes_further_back_and_none_comes_forth_again(ada: Clone) -> None:
    ok(ada, *ALL, "2")
    assert ok(ada, "rollback", "hello", *WHY)["changes"][0]["to"] == "1.0.0"
    error = refused(ada, 4, *ALL, "4")
    assert "bye 1.1.0 is held: rude" in error["message"]
    assert "hello 1.2.0 is held: rude" in error["message"]
    assert error["hint"].startswith("promptctl unhold prompts/bye@1.1.0 --env dev")
    assert "hello 1.1.0 is held" in refused(ada, 4, *ALL, "2")["message"]


def test_what_serves_now_keeps_since_when_and_by_whom(ada: Clone) -> None:
    ok(ada, *ALL, "2")
    before = lock_of(ada, "dev")["pins"][HELLO]
    new_version(ada, "Hi.", "hi")
    ok(ada, "promote", "hi", "--to", "dev")
    ok(ada, *ALL, "2")
    assert lock_of(ada, "dev")["pins"] == {HELLO: before}


def test_to_what_serves_is_done_already_and_says_so_alone(ada: Clone) -> None:
    assert ok(ada, *ALL, "4")["outcome"] == "already-done"
    for words in ((*ALL, "4"), ("rollback", "hello", "--to", "1.2.0", *WHY)):
        assert call(ada, *words).out == "dev serves that already: nothing to do\n"
    assert len(commits(ada)) == 4


def test_a_commit_may_be_named_by_its_first_digits(ada: Clone) -> None:
    assert ok(ada, *ALL, commits(ada)[0][:7], "--dry-run")["outcome"] == "planned"


@pytest.mark.parametrize("to", ["9", "0", "HEAD", "main", "env/dev", "-x", "", "abcdef", "0" * 40])
def test_what_is_no_commit_of_the_branch_is_refused(ada: Clone, to: str) -> None:
    refused(ada, 2, "rollback", "--all", *WHY, f"--to={to}")


def test_commits_of_other_branches_are_refused(ada: Clone) -> None:
    ok(ada, "promote", "hello", "--to", "staging")
    for branch in ("main", "env/staging"):
        refused(ada, 2, *ALL, ada.git("rev-parse", f"origin/{branch}"))


@pytest.mark.parametrize(
    "words",
    [("rollback", *WHY), ("rollback", "--all", *WHY), ("rollback", "hello", "--all", "--to", "1", *WHY)],
)
def test_one_name_or_everything_to_a_state_must_be_said(ada: Clone, words: tuple[str, ...]) -> None:
    refused(ada, 2, *words)


def test_two_who_act_at_once_both_get_what_they_asked_for(ada: Clone) -> None:
    """Everything goes back while somebody promotes another name: either order is a history that verifies."""
    bob = another(ada, "bob")
    new_version(ada, "Hi.", "hi")
    back = start(ada.path, *ALL, "1", environ=ada.environ)
    on = start(bob.path, "promote", "hi", "--to", "dev", environ=bob.environ)
    assert (finished(back).code, finished(on).code) == (0, 0)
    changes = ok(ada, "history", "--env", "dev")["changes"]
    assert {each["action"] for each in changes[:2]} == {"promote", "rollback"}
    promoted_last = changes[0]["action"] == "promote"
    expected = {HELLO: "1.0.0", **({"prompts/hi": "1.0.0"} if promoted_last else {})}
    assert serving(ada, "dev") == expected
    assert call(ada, "verify").code == 0


DAMAGES: dict[str, Callable[[Clone, Clone], object]] = {
    "default branch deleted": lambda _, remote: remote.git("update-ref", "-d", "refs/heads/main"),
    "default branch an environment's": lambda _, remote: remote.git(
        "update-ref", "refs/heads/main", "refs/heads/env/dev"
    ),
    "pipeline broken": lambda clone, _: publish(clone, {"promptctl.yaml": "environments: [[["}),
    "environment gone": lambda clone, _: publish(clone, {"promptctl.yaml": "environments: [{name: x}]\n"}),
    "signers broken": lambda clone, _: publish(clone, {".promptctl/allowed_signers": b"\xff\x00"}),
    "everything gone": lambda clone, _: emptied(clone),
    "evidence gone": lambda _, remote: remote.git("update-ref", "-d", "refs/heads/evidence"),
    "tags gone": lambda _, remote: [
        remote.git("tag", "--delete", each) for each in remote.git("tag").split()
    ],
}


def emptied(clone: Clone) -> None:
    clone.git("rm", "--quiet", "-r", ".")
    clone.git("commit", "--quiet", "-m", "gone")
    clone.git("push", "--quiet", "origin", "HEAD:main")


@pytest.mark.parametrize("depth", ["whole", "shallow"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_it_needs_the_branch_of_the_environment_alone(
    ada: Clone, damage: Callable[[Clone, Clone], object], depth: str
) -> None:
    remote = Clone(ada.path.parent / "remote.git", ada.environ)
    damage(ada, remote)
    fresh = Clone(ada.path.parent / "fresh", ada.environ)
    ada.git("init", "--quiet", str(fresh.path))
    fresh.git("remote", "add", "origin", remote.path.as_uri())
    if depth == "shallow":
        copy = "refs/heads/env/dev:refs/remotes/origin/env/dev"
        fresh.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", copy)
    assert ok(fresh, "rollback", "hello", *WHY)["changes"][0]["to"] == "1.1.0"
    assert ok(fresh, *ALL, "1")["outcome"] == "done"
    assert serving(fresh, "dev") == {HELLO: "1.0.0"}


def test_a_bundle_that_is_not_what_the_lock_says_is_not_brought_back(ada: Clone) -> None:
    """A tree under a digest that is not its own, in a commit that somebody wrote by hand."""
    old = lock_of(ada, "dev")["pins"][HELLO]["previous"][0]
    other = lock_of(ada, "dev")["pins"][BYE]["tree"]
    head = ada.git("rev-parse", "origin/env/dev")
    lock = ada.git("show", f"{head}:lock.json").replace(old["tree"], other) + "\n"
    blob = ada.git("hash-object", "-w", "--stdin", stdin=lock.encode())
    listed = ada.git("ls-tree", head).replace(ada.git("rev-parse", f"{head}:lock.json"), blob) + "\n"
    made = ada.git("commit-tree", ada.git("mktree", stdin=listed.encode()), "-p", head, "-m", "x")
    ada.git("push", "--quiet", "origin", f"{made}:refs/heads/env/dev")
    assert refused(ada, 4, "rollback", "hello", *WHY)["code"] == "integrity"


def same_digest(clone: Clone) -> None:
    ok(clone, "release", "hello", "--bump", "patch")


def to_dev(*words: str) -> tuple[str, ...]:
    return ("promote", *words, "--to", "dev")


PATHS: dict[str, tuple[tuple[str, ...], int]] = {
    "promote": (to_dev("hello"), 1),
    "promote by version": (to_dev("hello@1.2.0"), 1),
    "promote all": (to_dev("--all"), 1),
    "the same digest under another version": (to_dev("hello@1.2.1"), 1),
    "rollback to it": (("rollback", "hello", "--to", "1.1.0", *WHY), 4),
    "rollback all": ((*ALL, "2"), 4),
    "rollback all to the newer": ((*ALL, "4"), 4),
    "downgrade": (to_dev("hello@1.1.0"), 1),
    "waived": (to_dev("hello", "--waive", "hold", "--reason", "now"), 2),
}


@pytest.mark.parametrize(("words", "code"), PATHS.values(), ids=PATHS.keys())
def test_a_held_digest_comes_back_on_no_path(ada: Clone, words: tuple[str, ...], code: int) -> None:
    ok(ada, "rollback", "hello", *WHY)
    ok(ada, "rollback", "hello", *WHY)  # 1.2.0 and 1.1.0 are held, 1.0.0 serves
    if "hello@1.2.1" in words or words == to_dev("hello"):
        same_digest(ada)
    before = shared(ada, "refs/heads/env/dev")
    assert call(ada, *words).code == code
    assert shared(ada, "refs/heads/env/dev") == before
    assert serving(ada, "dev")[HELLO] == "1.0.0"


def test_a_rollback_passes_over_a_version_with_a_held_digest(ada: Clone) -> None:
    same_digest(ada)
    ok(ada, *to_dev("hello@1.2.1"))
    ok(ada, "hold", "hello@1.2.0", *WHY)  # of both versions: it is one digest
    assert ok(ada, "rollback", "hello", *WHY)["changes"][0]["to"] == "1.1.0"
