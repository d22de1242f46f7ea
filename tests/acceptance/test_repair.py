"""`promptctl repair`: after a restore from backup, runtimes adopt what a branch says again."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import another, call, local_shop, lock_of, new_version, ok, refused, shared, shop

WHY = ("--env", "dev", "--reason", "restored")
HELLO = "prompts/hello"


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    """A clone that has seen dev at number 3, which the remote no longer knows."""
    clone = shop(tmp_path)
    for text in ("One.", "Two.", "Three."):
        new_version(clone, text)
        ok(clone, "promote", "hello", "--to", "dev")
    restored(clone, 2)
    return clone


def restored(clone: Clone, back: int) -> None:
    remote = Clone(clone.path.parent / "remote.git", clone.environ)
    remote.git("update-ref", "refs/heads/env/dev", f"refs/heads/env/dev~{back}")


def test_it_writes_a_higher_number_and_nothing_else(ada: Clone) -> None:
    before = shared(ada, "refs/heads/env/dev")
    done = ok(ada, "repair", *WHY, "--sequence", "4")
    assert (done["outcome"], done["sequence"], done["changes"]) == ("done", 4, [])
    assert ada.git("rev-parse", f"{done['commit']}^") == before
    lock = lock_of(ada, "dev")
    was = json.loads(ada.git("show", f"{before}:lock.json"))
    assert lock == {**was, "sequence": 4}
    record = json.loads(ada.git("show", f"{done['commit']}:promotion.json"))
    assert (record["action"], record["reason"], record["changes"]) == ("repair", "restored", [])
    assert ada.git("log", "-1", "--format=%s", done["commit"]) == "repair"
    assert call(ada, "verify").code == 0


@pytest.mark.parametrize("number", ["1", "2", "3"])
def test_a_number_that_this_clone_has_seen_is_refused(ada: Clone, number: str) -> None:
    error = refused(ada, 4, "repair", *WHY, "--sequence", number)
    assert "saw env/dev at number 3" in error["message"]
    assert "--sequence 4" in error["hint"]


def test_what_plain_git_fetched_over_is_remembered_by_its_log(ada: Clone) -> None:
    copy = "+refs/heads/env/dev:refs/remotes/origin/env/dev"
    remote = Clone(ada.path.parent / "remote.git", ada.environ)
    bob = another(ada, "bob")  # his git keeps a log of what it fetched
    remote.git("fetch", "--quiet", str(ada.path), "+refs/remotes/origin/env/dev:refs/heads/env/dev")
    bob.git("fetch", "--quiet", "origin", copy)
    restored(ada, 2)
    bob.git("fetch", "--quiet", "origin", copy)
    refused(bob, 4, "repair", *WHY, "--sequence", "3")
    assert ok(bob, "repair", *WHY, "--sequence", "4")["outcome"] == "done"


def test_without_memory_it_is_above_what_is_there(ada: Clone) -> None:
    bob = another(ada, "bob")
    assert "number 1" in refused(bob, 4, "repair", *WHY, "--sequence", "1")["message"]
    assert ok(bob, "repair", *WHY, "--sequence", "100")["sequence"] == 100


def test_a_branch_that_went_another_way_after_the_restore_is_repaired_as_it_is(ada: Clone) -> None:
    bob = another(ada, "bob")
    ok(bob, "promote", "hello@1.1.0", "--to", "dev")
    ok(ada, "repair", *WHY, "--sequence", "9")
    assert lock_of(ada, "dev")["pins"][HELLO]["version"] == "1.1.0"
    assert [each["sequence"] for each in ok(ada, "history", "--env", "dev")["changes"]] == [9, 2, 1]


def test_a_clone_that_had_seen_more_accepts_it_by_hand(ada: Clone) -> None:
    bob = another(ada, "bob")
    ok(bob, "repair", *WHY, "--sequence", "9")
    error = refused(ada, 4, "promote", "hello@1.1.0", "--to", "dev")
    assert error["code"] == "integrity"
    *_, words = (each["message"] for each in call(ada, "verify", "-o", "json").json["violations"])
    command = words.partition("if that was a repair, ")[2]
    assert command.startswith("git fetch origin ")
    ada.git(*shlex.split(command)[1:])
    assert call(ada, "verify").code == 0
    assert ok(ada, "promote", "hello@1.1.0", "--to", "dev")["sequence"] == 10


def test_whoever_meets_a_restored_remote_is_told_of_the_repair(ada: Clone) -> None:
    words = "if the remote was restored from a backup: promptctl repair --env dev --sequence N --reason …"
    assert refused(ada, 4, "promote", "hello@1.1.0", "--to", "dev")["hint"].endswith(words)
    (violation,) = call(ada, "verify", "-o", "json").json["violations"]
    assert (violation["code"], words in violation["message"]) == ("branch-rewound", True)


def test_evidence_has_no_number_and_is_pushed_back_by_who_has_more(ada: Clone) -> None:
    empty = ada.git("mktree", stdin=b"")
    old = ada.git("commit-tree", empty, "-m", "old")
    new = ada.git("commit-tree", empty, "-p", old, "-m", "new")
    ada.git("push", "--quiet", "origin", f"{old}:refs/heads/evidence")
    ada.git("update-ref", "refs/remotes/origin/evidence", new)
    hint = refused(ada, 4, "repair", "--env", "evidence", "--reason", "x", "--sequence", "9")["hint"]
    push = "git push origin refs/remotes/origin/evidence:refs/heads/evidence"
    assert hint.endswith(push)
    told = [each["message"] for each in call(ada, "verify", "-o", "json").json["violations"]]
    assert any(each.endswith(push) for each in told)
    ada.git(*shlex.split(push)[1:])
    assert shared(ada, "refs/heads/evidence") == new


def test_what_follows_counts_on_from_there(ada: Clone) -> None:
    ok(ada, "repair", *WHY, "--sequence", "40")
    assert ok(ada, "promote", "hello@1.2.0", "--to", "dev")["sequence"] == 41
    assert call(ada, "verify").code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--env", "dev", "--sequence", "9"), 2),
        (("--env", "dev", "--reason", "x"), 2),
        ((*WHY, "--sequence", "0"), 2),
        ((*WHY, "--sequence", "-4"), 2),
        ((*WHY, "--sequence", "x"), 2),
        ((*WHY, "--sequence", str(2**53)), 2),
        (("--env", "prod", "--reason", "x", "--sequence", "9"), 4),
    ],
)
def test_wrong_words_change_nothing(ada: Clone, words: tuple[str, ...], code: int) -> None:
    refused(ada, code, "repair", *words)


def test_a_dry_run_writes_nothing(ada: Clone) -> None:
    before = shared(ada, "refs/*")
    assert ok(ada, "repair", *WHY, "--sequence", "9", "--dry-run")["outcome"] == "planned"
    assert shared(ada, "refs/*") == before


def test_it_works_without_a_remote(tmp_path: Path) -> None:
    clone = local_shop(tmp_path)
    new_version(clone, "One.")
    ok(clone, "promote", "hello", "--to", "dev")
    refused(clone, 4, "repair", *WHY, "--sequence", "1")
    assert call(clone, "repair", *WHY, "--sequence", "7").out.startswith("dev is at 7 now, and was at 1 (")


@pytest.mark.parametrize("content", [b"{", b"[]", None])
def test_a_lock_that_nobody_can_read_is_replaced_by_the_last_that_could(
    tmp_path: Path, content: bytes | None
) -> None:
    ada = shop(tmp_path)
    for text in ("One.", "Two."):
        new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
    good = shared(ada, "refs/heads/env/dev")
    was = lock_of(ada, "dev")
    ada.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "dev"), good)
    vandal = Clone(tmp_path / "dev", ada.environ)
    if content is None:
        vandal.git("rm", "--quiet", "lock.json")
        vandal.git("commit", "--quiet", "--message", "gone")
    else:
        vandal.commit({"lock.json": content})
    vandal.git("push", "--quiet", "origin", "HEAD:refs/heads/env/dev")
    error = refused(ada, 4, "rollback", "hello", "--env", "dev", "--reason", "help")
    assert "promptctl repair" in error["hint"]
    done = ok(ada, "repair", *WHY, "--sequence", "3")
    assert lock_of(ada, "dev") == {**was, "sequence": 3}
    assert ada.git("rev-parse", f"{done['commit']}~2") == good
    ok(ada, "rollback", "hello", "--env", "dev", "--reason", "now it can")
