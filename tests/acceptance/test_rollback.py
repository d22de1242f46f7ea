"""`promptctl rollback`, `hold` and `unhold`, on real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import (
    another,
    call,
    local_shop,
    lock_of,
    new_version,
    ok,
    publish,
    refused,
    serving,
    shared,
    shop,
)

HELLO = "prompts/hello"
WHY = ("--env", "dev", "--reason", "rude")


def serve(clone: Clone, *texts: str) -> None:
    """Release these texts as 1.0.0, 1.1.0, … and let each serve in dev."""
    for text in texts:
        new_version(clone, text)
        ok(clone, "promote", "hello", "--to", "dev")


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    clone = shop(tmp_path)
    serve(clone, "One.", "Two.", "Three.")
    return clone


def digest_of(clone: Clone, version: str) -> str:
    trailer = clone.git("tag", "--list", "--format=%(trailers:key=Digest,valueonly)", f"{HELLO}/v{version}")
    return trailer.strip()


def test_it_is_a_forward_commit_that_restores_the_pin_before(ada: Clone) -> None:
    before = shared(ada, "refs/heads/env/dev")
    done = ok(ada, "rollback", "hello", *WHY)
    assert done["changes"] == [{"address": HELLO, "from": "1.2.0", "to": "1.1.0"}]
    assert ada.git("rev-parse", f"{done['commit']}^") == before
    lock = lock_of(ada, "dev")
    assert lock["sequence"] == 4
    assert [each["version"] for each in lock["pins"][HELLO]["previous"]] == ["1.0.0"]
    tree = ada.git("rev-parse", f"{HELLO}/v1.1.0^{{tree}}")
    assert ada.git("rev-parse", f"{done['commit']}:releases/{HELLO}") == tree
    record = json.loads(ada.git("show", f"{done['commit']}:promotion.json"))
    assert (record["action"], record["reason"], record["gates"]) == ("rollback", "rude", [])


def test_what_was_taken_out_is_held(ada: Clone) -> None:
    ok(ada, "rollback", "hello", *WHY)
    (hold,) = lock_of(ada, "dev")["holds"]
    assert (hold["scope"], hold["value"]) == ("digest", digest_of(ada, "1.2.0"))
    assert (hold["reason"], hold["by"]) == ("rude", "ada@acme.example")
    assert call(ada, "promote", "hello", "--to", "dev").code == 1
    assert call(ada, "promote", "--all", "--to", "dev").code == 1
    ok(ada, "unhold", "hello@1.2.0", *WHY)
    ok(ada, "promote", "hello", "--to", "dev")
    assert serving(ada, "dev") == {HELLO: "1.2.0"}


def test_an_environment_that_was_mistyped_is_suggested(ada: Clone) -> None:
    assert (
        refused(ada, 4, "rollback", "hello", "--env", "devv", "--reason", "x")["hint"] == "did you mean dev?"
    )
    hint = refused(ada, 4, "rollback", "hello", "--env", "production", "--reason", "x")["hint"]
    assert hint == "there are: dev"
    assert refused(ada, 2, "promote", "hello", "--to", "devv")["hint"] == "did you mean dev?"


def test_twice_goes_back_twice_and_then_there_is_nothing_left(ada: Clone) -> None:
    assert ok(ada, "rollback", "hello", *WHY)["changes"][0]["to"] == "1.1.0"
    assert ok(ada, "rollback", "hello", *WHY)["changes"][0]["to"] == "1.0.0"
    assert "nothing to roll back to" in refused(ada, 4, "rollback", "hello", *WHY)["message"]
    assert len(lock_of(ada, "dev")["holds"]) == 2


def test_a_held_digest_is_passed_over_and_refused_by_name(ada: Clone) -> None:
    ok(ada, "hold", "hello@1.1.0", *WHY)
    assert "unhold" in refused(ada, 4, "rollback", "hello", "--to", "1.1.0", *WHY)["hint"]
    assert ok(ada, "rollback", "hello", *WHY)["changes"][0]["to"] == "1.0.0"
    assert lock_of(ada, "dev")["pins"][HELLO]["previous"] == []


def test_to_a_version_drops_the_pins_before_it(ada: Clone) -> None:
    assert ok(ada, "rollback", "hello", "--to", "1.0.0", *WHY)["changes"][0]["to"] == "1.0.0"
    assert lock_of(ada, "dev")["pins"][HELLO]["previous"] == []
    assert ok(ada, "rollback", "hello", "--to", "1.0.0", *WHY)["outcome"] == "already-done"
    refused(ada, 4, "rollback", "hello", "--to", "1.1.0", *WHY)


def test_a_rollback_after_a_promotion_after_a_rollback_goes_to_what_served(ada: Clone) -> None:
    ok(ada, "rollback", "hello", *WHY)
    serve(ada, "Four.")
    assert ok(ada, "rollback", "hello", *WHY)["changes"][0] == {
        "address": HELLO,
        "from": "1.3.0",
        "to": "1.1.0",
    }


def test_others_stay_as_they_are(ada: Clone) -> None:
    new_version(ada, "Bye.", "bye")
    ok(ada, "promote", "bye", "--to", "dev")
    before = lock_of(ada, "dev")["pins"]["prompts/bye"]
    ok(ada, "rollback", "hello", *WHY)
    assert lock_of(ada, "dev")["pins"]["prompts/bye"] == before


def test_a_dry_run_says_what_would_serve_and_writes_nothing(ada: Clone) -> None:
    before = shared(ada, "refs/*")
    for words in (["rollback", "hello"], ["hold", "hello"], ["hold"]):
        assert ok(ada, *words, *WHY, "--dry-run")["outcome"] == "planned"
    assert shared(ada, "refs/*") == before


@pytest.mark.parametrize(
    "damage", ["default branch deleted", "pipeline broken", "pipeline gone", "tags gone"]
)
def test_it_needs_the_branch_of_the_environment_alone(ada: Clone, damage: str) -> None:
    remote = Clone(ada.path.parent / "remote.git", ada.environ)
    if damage == "default branch deleted":
        remote.git("update-ref", "-d", "refs/heads/main")
    elif damage == "pipeline broken":
        publish(ada, {"promptctl.yaml": "environments: [[["})
    elif damage == "pipeline gone":
        ada.git("rm", "--quiet", "promptctl.yaml")
        ada.git("commit", "--quiet", "-m", "gone")
        ada.git("push", "--quiet", "origin", "HEAD:main")
    else:
        for tag in remote.git("tag").split():
            remote.git("tag", "--delete", tag)
    fresh = Clone(ada.path.parent / "fresh", ada.environ)
    ada.git("init", "--quiet", str(fresh.path))
    fresh.git("remote", "add", "origin", remote.path.as_uri())
    assert ok(fresh, "rollback", "hello", *WHY)["outcome"] == "done"
    assert serving(fresh, "dev") == {HELLO: "1.1.0"}


@pytest.mark.parametrize("place", ["without a remote", "bare", "linked", "detached", "shallow"])
def test_it_works_in_every_kind_of_repository(tmp_path: Path, place: str) -> None:
    clone = local_shop(tmp_path) if place == "without a remote" else shop(tmp_path)
    serve(clone, "One.", "Two.")
    if place == "bare":
        url = clone.git("remote", "get-url", "origin")
        clone.git("clone", "--quiet", "--bare", url, str(tmp_path / "bare.git"))
        clone = Clone(tmp_path / "bare.git", clone.environ)
    elif place == "linked":
        clone.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"), "HEAD")
        clone = Clone(tmp_path / "linked", clone.environ)
    elif place == "detached":
        clone.git("checkout", "--quiet", "--detach")
    elif place == "shallow":
        url = clone.git("remote", "get-url", "origin")
        options = ["--quiet", "--depth", "1", "--no-single-branch", "--no-tags"]
        clone.git("clone", *options, url, str(tmp_path / "shallow"))
        clone = Clone(tmp_path / "shallow", clone.environ)
    assert ok(clone, "rollback", "hello", *WHY)["outcome"] == "done"
    assert serving(clone, "dev") == {HELLO: "1.0.0"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("rollback", "hello", "--env", "prod", "--reason", "x"), 4),
        (("rollback", "nobody", *WHY), 4),
        (("rollback", "hello", "--to", "9.9.9", *WHY), 4),
        (("rollback", "hello", "--to", "1.2", *WHY), 2),
        (("rollback", "hello", "--env", "dev"), 2),
        (("rollback", "../hello", *WHY), 2),
        (("hold", "--env", "moon", "--reason", "x"), 2),
        (("hold", "nobody", *WHY), 2),
        (("hold", "hello@9.9.9", *WHY), 2),
        (("hold", "hello@dev", *WHY), 2),
        (("hold", "hello", "--env", "dev"), 2),
        (("unhold", "nobody", *WHY), 2),
    ],
)
def test_wrong_words_change_nothing(ada: Clone, words: tuple[str, ...], code: int) -> None:
    refused(ada, code, *words)


def test_hold_and_unhold_may_run_again(ada: Clone) -> None:
    for what in ([], ["hello"], ["hello@1.0.0"]):
        outcomes = [ok(ada, verb, *what, *WHY)["outcome"] for verb in ("hold", "hold", "unhold", "unhold")]
        assert outcomes == ["done", "already-done", "done", "already-done"]
    lock = lock_of(ada, "dev")
    assert (lock["holds"], lock["sequence"]) == ([], 9)


def test_an_environment_may_be_held_before_its_first_promotion(ada: Clone) -> None:
    ok(ada, "hold", "--env", "staging", "--reason", "not before the launch")
    assert lock_of(ada, "staging")["sequence"] == 1
    assert call(ada, "promote", "hello", "--to", "staging").code == 1


def test_letting_a_name_go_says_when_only_a_version_is_held(ada: Clone) -> None:
    ok(ada, "rollback", "hello", *WHY)
    ok(ada, "unhold", "hello@1.2.0", *WHY)
    ok(ada, "hold", "hello@1.0.0", *WHY)
    error = refused(ada, 4, "unhold", "hello", *WHY)
    assert "1.0.0" in error["message"]
    assert error["hint"].startswith("promptctl unhold prompts/hello@1.0.0 --env dev")


def test_a_digest_taken_out_by_two_people_at_once_is_held_once(ada: Clone) -> None:
    bob = another(ada, "bob")
    ok(ada, "rollback", "hello", *WHY)
    ok(bob, "hold", "hello@1.2.0", *WHY)
    assert len(lock_of(ada, "dev")["holds"]) == 1


def test_words_of_other_people_stay_one_line_in_the_readme(ada: Clone) -> None:
    ok(ada, "hold", "hello", "--env", "dev", "--reason", "a\n# heading | `x` <b>")
    text = ada.git("show", f"{shared(ada, 'refs/heads/env/dev')}:README.md")
    assert r"a \# heading \| \`x\` \<b\>" in text
