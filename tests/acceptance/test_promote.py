"""`promptctl promote`, on real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import (
    PIPELINE,
    SHOP,
    SMALL,
    another,
    call,
    greeting,
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

HELLO, BYE = "prompts/hello", "prompts/bye"
TWO = SMALL | greeting("Say goodbye.", "bye")


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    clone = shop(tmp_path, TWO)
    ok(clone, "release", "hello", "bye")
    return clone


def promote(clone: Clone, *names: str, to: str) -> None:
    assert ok(clone, "promote", *names, "--to", to)["outcome"] == "done"


def head(clone: Clone, environment: str) -> str:
    return shared(clone, f"refs/heads/env/{environment}")


def test_the_first_promotion_is_a_root_with_sequence_one(ada: Clone) -> None:
    done = ok(ada, "promote", "hello", "--to", "dev")
    assert (done["outcome"], done["sequence"], done["commit"]) == ("done", 1, head(ada, "dev"))
    assert done["changes"] == [{"address": HELLO, "from": None, "to": "1.0.0"}]
    assert ada.git("rev-list", "--count", done["commit"]) == "1"
    lock = lock_of(ada, "dev")
    assert (lock["environment"], lock["sequence"], lock["holds"]) == ("dev", 1, [])
    assert lock["pins"][HELLO]["previous"] == []
    assert lock["pins"][HELLO]["by"] == "ada@acme.example"


def test_the_tree_of_the_release_is_spliced_in_as_it_is(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    tree = ada.git("rev-parse", "prompts/hello/v1.0.0^{tree}")
    assert ada.git("rev-parse", f"{head(ada, 'dev')}:releases/{HELLO}") == tree
    assert lock_of(ada, "dev")["pins"][HELLO]["tree"] == tree
    assert ada.git("ls-tree", "--name-only", head(ada, "dev")).split() == [
        "README.md",
        "lock.json",
        "policy",
        "promotion.json",
        "releases",
    ]


def test_the_record_says_who_what_and_which_gates(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    ok(ada, "promote", "hello", "--to", "staging", "--reason", "launch")
    record = json.loads(ada.git("show", f"{head(ada, 'staging')}:promotion.json"))
    assert [(each["gate"], each["result"]) for each in record["gates"]] == [
        ("hold", "pass"),
        ("after", "pass"),
    ]
    assert (record["action"], record["reason"], record["by"]) == ("promote", "launch", "ada@acme.example")
    assert record["policy_commit"] == ada.git("rev-parse", "HEAD")
    assert ada.git("log", "-1", "--format=%B", head(ada, "staging")) == "promote hello 1.0.0\n\nlaunch\n"


def test_the_policy_that_judged_is_kept_beside_the_lock(ada: Clone) -> None:
    publish(ada, {".promptctl/allowed_signers": "ada@acme.example ssh-ed25519 AAAA\n"})
    promote(ada, "hello", to="dev")
    kept = head(ada, "dev")
    assert ada.git("show", f"{kept}:policy/promptctl.yaml") + "\n" == PIPELINE
    assert ada.git("rev-parse", f"{kept}:policy/allowed_signers") == ada.git(
        "rev-parse", "HEAD:.promptctl/allowed_signers"
    )
    parsed = json.loads(ada.git("show", f"{kept}:policy/pipeline.json"))
    assert parsed["source"] == ada.git("rev-parse", "HEAD:promptctl.yaml")
    assert [each["name"] for each in parsed["pipeline"]["environments"]] == ["dev", "staging", "prod"]


def test_several_names_are_one_commit(ada: Clone) -> None:
    done = ok(ada, "promote", "hello", "bye@1.0.0", "--to", "dev")
    assert [each["address"] for each in done["changes"]] == [HELLO, BYE]
    assert ada.git("rev-list", "--count", done["commit"]) == "1"
    assert serving(ada, "dev") == {HELLO: "1.0.0", BYE: "1.0.0"}


def test_without_a_version_it_is_what_serves_the_environment_before(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    new_version(ada, "Greet warmly.")
    promote(ada, "hello", to="staging")
    assert serving(ada, "staging") == {HELLO: "1.0.0"}
    promote(ada, "hello", to="dev")
    assert serving(ada, "dev") == {HELLO: "1.1.0"}


def test_all_is_everything_whose_digest_differs(ada: Clone) -> None:
    assert len(ok(ada, "promote", "--all", "--to", "dev")["changes"]) == 2
    promote(ada, "bye", to="staging")
    assert [each["address"] for each in ok(ada, "promote", "--all", "--to", "staging")["changes"]] == [HELLO]
    assert ok(ada, "promote", "--all", "--to", "staging")["outcome"] == "already-done"
    ok(ada, "release", "hello", "--bump", "patch")
    assert ok(ada, "promote", "--all", "--to", "dev")["outcome"] == "already-done"
    assert ok(ada, "promote", "hello", "--to", "dev")["changes"][0]["to"] == "1.0.1"


def test_all_passes_over_files_that_are_no_prompts(ada: Clone) -> None:
    odd = {"prompts/My notes [1].md": "notes", "prompts/README.md": "read me", "prompts/_x/y.md": "x"}
    publish(ada, odd | {"prompts/judges/j.md": "judge {{ x }}"})
    assert len(ok(ada, "promote", "--all", "--to", "dev")["changes"]) == 2


def test_what_serves_already_is_done_already(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    before = shared(ada, "refs/*")
    assert ok(ada, "promote", "hello", "--to", "dev")["outcome"] == "already-done"
    assert shared(ada, "refs/*") == before
    assert "serves that already" in call(ada, "promote", "hello", "--to", "dev").out


def test_an_older_version_is_announced_as_a_downgrade(ada: Clone) -> None:
    new_version(ada, "Greet warmly.")
    promote(ada, "hello", to="dev")
    done = call(ada, "promote", "hello@1.0.0", "--to", "dev")
    assert (done.code, "1.1.0 → 1.0.0" in done.out, "a downgrade" in done.out) == (0, True, True)
    assert [each["version"] for each in lock_of(ada, "dev")["pins"][HELLO]["previous"]] == ["1.1.0"]


def test_the_lock_keeps_ten_earlier_pins_and_the_branch_all(ada: Clone) -> None:
    publish(ada, greeting("Other."))
    ok(ada, "release", "hello")
    for number in range(12):
        promote(ada, f"hello@1.{number % 2}.0", to="dev")
    pin = lock_of(ada, "dev")["pins"][HELLO]
    assert [each["version"] for each in pin["previous"]] == [f"1.{n % 2}.0" for n in range(10, 0, -1)]
    assert all("previous" not in each for each in pin["previous"])
    assert ada.git("rev-list", "--count", head(ada, "dev")) == "12"


def test_what_never_served_before_does_not_pass_after(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    new_version(ada, "Greet warmly.")
    done = call(ada, "promote", "hello@1.1.0", "--to", "staging", "-o", "json")
    assert (done.code, done.json["outcome"], done.json["commit"]) == (1, "blocked", None)
    failed = [each for each in done.json["gates"] if each["result"] == "fail"]
    assert [(each["gate"], each["hint"]) for each in failed] == [
        ("after", "promptctl promote hello@1.1.0 --to dev")
    ]
    assert head(ada, "staging") == ""


def test_what_served_before_long_ago_passes_after(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    first = lock_of(ada, "dev")
    publish(ada, greeting("Other."))
    ok(ada, "release", "hello")
    publish(ada, greeting("Another."))
    ok(ada, "release", "hello")
    for number in range(12):
        promote(ada, f"hello@1.{1 + number % 2}.0", to="dev")
    digests = {each["digest"] for each in lock_of(ada, "dev")["pins"][HELLO]["previous"]}
    assert first["pins"][HELLO]["digest"] not in digests
    promote(ada, "hello@1.0.0", to="staging")


def test_a_version_of_equal_behaviour_passes_by_its_digest(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    ok(ada, "release", "hello", "--bump", "patch")
    promote(ada, "hello@1.0.1", to="staging")


def test_one_refused_name_refuses_all_with_all_reasons(ada: Clone) -> None:
    publish(ada, greeting("Third.", "third"))
    ok(ada, "release", "third")
    promote(ada, "hello", to="dev")
    publish(ada, greeting("Greet warmly."))
    ok(ada, "release", "hello")
    message = refused(ada, 4, "promote", "bye", "third", "hello@1.1.0", "--to", "staging")["message"]
    assert "bye does not serve in dev yet" in message
    assert "third does not serve in dev yet" in message
    assert "prompts/hello: after: this digest never served dev" in message


@pytest.mark.parametrize(
    "words",
    [
        ("hello", "--to", "moon"),
        ("nobody", "--to", "dev"),
        ("hello@9.9.9", "--to", "dev"),
        ("hello@dev", "--to", "dev"),
        ("hello@git:HEAD", "--to", "dev"),
        ("hello@1.0.0", "hello", "--to", "dev"),
        ("hello", "--all", "--to", "dev"),
        ("--to", "dev"),
        ("hello",),
        ("hello", "--to", "../dev"),
    ],
)
def test_wrong_words_are_a_usage_error_and_change_nothing(ada: Clone, words: tuple[str, ...]) -> None:
    refused(ada, 2, "promote", *words)


def test_a_dry_run_asks_the_gates_and_writes_nothing(ada: Clone) -> None:
    before = shared(ada, "refs/*")
    done = ok(ada, "promote", "hello", "--to", "dev", "--dry-run")
    assert (done["outcome"], done["commit"], [each["gate"] for each in done["gates"]]) == (
        "planned",
        None,
        ["hold"],
    )
    assert shared(ada, "refs/*") == before
    assert call(ada, "promote", "hello@1.0.0", "--to", "staging", "--dry-run").code == 1


@pytest.mark.parametrize("scope", ["digest", "name", "environment"])
def test_a_hold_stops_a_promotion_until_it_is_taken_away(ada: Clone, scope: str) -> None:
    new_version(ada, "Greet warmly.")
    what = {"digest": ["hello@1.1.0"], "name": ["hello"], "environment": []}[scope]
    ok(ada, "hold", *what, "--env", "dev", "--reason", "wrong prices")
    done = call(ada, "promote", "hello", "--to", "dev", "-o", "json")
    (gate,) = done.json["gates"]
    assert (done.code, gate["result"]) == (1, "fail")
    assert "wrong prices" in gate["reason"]
    assert gate["hint"].startswith("promptctl unhold ")
    words = [each for each in gate["hint"].split()[1:] if each != "…"]
    ok(ada, *words, "over")
    promote(ada, "hello", to="dev")


def test_a_hold_of_a_digest_holds_other_versions_of_it_and_nothing_else(ada: Clone) -> None:
    ok(ada, "release", "hello", "--bump", "patch")
    ok(ada, "hold", "hello@1.0.0", "--env", "dev", "--reason", "x")
    assert call(ada, "promote", "hello@1.0.1", "--to", "dev").code == 1
    promote(ada, "bye", to="dev")
    new_version(ada, "Greet warmly.")
    promote(ada, "hello", to="dev")


def test_neither_work_tree_nor_another_branch_loosens_the_pipeline(ada: Clone) -> None:
    loose = PIPELINE.replace("    after: dev\n", "")
    ada.git("checkout", "--quiet", "-b", "feature")
    ada.commit({"promptctl.yaml": loose})
    ada.git("push", "--quiet", "origin", "feature")
    ada.write({"promptctl.yaml": "environments: [{name: staging}]\n"})
    assert call(ada, "promote", "hello@1.0.0", "--to", "staging").code == 1
    ada.git("checkout", "--quiet", "--", "promptctl.yaml")
    ada.git("checkout", "--quiet", "main")
    publish(ada, {"promptctl.yaml": loose})
    promote(ada, "hello", to="staging")


def test_whoever_may_write_one_environment_does_not_loosen_another(ada: Clone) -> None:
    promote(ada, "bye", to="dev")
    kept = json.loads(ada.git("show", f"{head(ada, 'dev')}:policy/pipeline.json"))
    for each in kept["pipeline"]["environments"]:
        each["after"] = None
    ada.git("worktree", "add", "--quiet", "--detach", str(ada.path / "../dev"), head(ada, "dev"))
    forger = Clone(ada.path.parent / "dev", ada.environ)
    forger.commit({"policy/pipeline.json": json.dumps(kept)})
    forger.git("push", "--quiet", "origin", "HEAD:refs/heads/env/dev")
    assert call(ada, "promote", "hello@1.0.0", "--to", "staging").code == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [("environments: 7\n", 1), ("environments: [{name: dev, gates: {sleep: 1h}}]\n", 1), (None, 4)],
)
def test_a_broken_pipeline_of_the_default_branch_refuses(ada: Clone, content: str | None, code: int) -> None:
    if content is None:
        ada.git("rm", "--quiet", "promptctl.yaml")
        ada.git("commit", "--quiet", "-m", "gone")
        ada.git("push", "--quiet", "origin", "HEAD:main")
    else:
        publish(ada, {"promptctl.yaml": content})
    assert "promptctl.yaml" in refused(ada, code, "promote", "hello", "--to", "dev")["message"]


def forge(ada: Clone, content: bytes, version: str = "2.0.0") -> str:
    """Tag a release of `content` that promises the digest of `hello` 1.0.0."""
    blob = ada.git("hash-object", "-w", "--stdin", stdin=content)
    tree = ada.git("mktree", stdin=f"100644 blob {blob}\tbundle.json\n".encode())
    digest = lock_of(ada, "dev")["pins"][HELLO]["digest"]
    commit = ada.git("commit-tree", tree, "-m", f"x\n\nDigest: {digest}")
    ada.git("tag", "--force", "-a", f"{HELLO}/v{version}", commit, "-m", f"x\n\nDigest: {digest}")
    ada.git("push", "--quiet", "--force", "origin", f"refs/tags/{HELLO}/v{version}")
    return ada.git("rev-parse", f"refs/tags/{HELLO}/v{version}")


def test_a_release_whose_bytes_are_not_its_digest_is_refused(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    forge(ada, b'{"artifacts":{}}')
    for environment in ("dev", "staging"):
        error = refused(ada, 4, "promote", "hello@2.0.0", "--to", environment)
        assert (error["code"], "sha256:" in error["message"]) == ("integrity", True)


@pytest.mark.parametrize("tag", ["lightweight", "of a tree", "without a digest"])
def test_a_tag_that_is_no_release_is_refused(ada: Clone, tag: str) -> None:
    name = f"{HELLO}/v3.0.0"
    words = {
        "lightweight": ["tag", name],
        "of a tree": ["tag", "-a", "-m", "x", name, "HEAD^{tree}"],
        "without a digest": ["tag", "-a", "-m", "x", name],
    }[tag]
    ada.git(*words)
    ada.git("push", "--quiet", "origin", name)
    assert refused(ada, 4, "promote", "hello@3.0.0", "--to", "dev")["code"] == "integrity"


def test_a_moved_tag_is_refused_with_both_ids_by_whoever_saw_it_and_by_a_new_clone(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    old = lock_of(ada, "dev")["pins"][HELLO]["tag_object"]
    bob, eve = another(ada, "bob"), another(ada, "eve")
    eve.git("fetch", "--quiet", "origin", "refs/heads/env/*:refs/remotes/origin/env/*")
    new = forge(eve, b'{"artifacts":{}}', "1.0.0")
    bob.git("fetch", "--quiet", "--tags", "--force", "origin")
    for clone in (ada, bob):
        for environment in ("dev", "staging"):
            error = refused(clone, 4, "promote", "hello", "--to", environment)
            assert old in error["message"]
            assert new in error["message"]


def test_work_tree_and_index_are_never_touched(ada: Clone) -> None:
    ada.write({"prompts/hello.md": "being edited", "new.txt": "new", "staged.txt": "staged"})
    ada.git("add", "staged.txt")
    before = ada.git("status", "--porcelain=v2", "--branch"), (ada.path / ".git/index").read_bytes()
    promote(ada, "hello", to="dev")
    promote(ada, "hello", to="staging")
    ok(ada, "hold", "--env", "dev", "--reason", "x")
    assert before == (ada.git("status", "--porcelain=v2", "--branch"), (ada.path / ".git/index").read_bytes())
    assert (ada.path / "prompts/hello.md").read_text("utf-8") == "being edited"
    assert not list((ada.path / ".git").glob("promptctl-view-*"))


@pytest.mark.parametrize(
    "place", ["without a remote", "bare", "linked", "detached", "shallow", "feature branch"]
)
def test_it_works_in_every_kind_of_repository(tmp_path: Path, place: str) -> None:
    clone = local_shop(tmp_path) if place == "without a remote" else shop(tmp_path)
    new_version(clone, "Greet warmly.")
    if place == "bare":
        url = clone.git("remote", "get-url", "origin")
        clone.git("clone", "--quiet", "--bare", url, str(tmp_path / "bare.git"))
        clone = Clone(tmp_path / "bare.git", clone.environ)
    elif place == "linked":
        clone.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"), "HEAD")
        clone = Clone(tmp_path / "linked", clone.environ)
    elif place == "detached":
        clone.git("checkout", "--quiet", "--detach")
    elif place == "feature branch":
        clone.git("checkout", "--quiet", "-b", "feature")
    elif place == "shallow":
        url = clone.git("remote", "get-url", "origin")
        clone.git("clone", "--quiet", "--depth", "1", url, str(tmp_path / "shallow"))
        clone = Clone(tmp_path / "shallow", clone.environ)
    for environment in ("dev", "staging", "prod"):
        promote(clone, "hello", to=environment)
    assert serving(clone, "prod") == {HELLO: "1.0.0"}
    ok(clone, "hold", "hello", "--env", "prod", "--reason", "x")
    assert lock_of(clone, "prod")["sequence"] == 2


def test_every_kind_of_artifact_travels_with_the_prompt(tmp_path: Path) -> None:
    ada = shop(tmp_path, SHOP)
    ok(ada, "release", "answer")
    promote(ada, "answer", to="dev")
    files = ada.git("ls-tree", "-r", "--name-only", f"{head(ada, 'dev')}:releases/prompts/answer").split()
    assert files == sorted({"bundle.json", "release.json", *SHOP} - {"promptctl.yaml", "prompts/hello.md"})


def test_an_unreachable_remote_changes_nothing_and_says_so(ada: Clone) -> None:
    remote = ada.path.parent / "remote.git"
    remote.rename(remote.with_suffix(".away"))
    for words in (
        ("promote", "hello", "--to", "dev"),
        ("release", "hello"),
        ("hold", "--env", "dev", "--reason", "x"),
    ):
        assert call(ada, *words).code == 5
    remote.with_suffix(".away").rename(remote)
    promote(ada, "hello", to="dev")


def test_a_hook_that_rejects_changes_nothing_and_its_words_are_shown(ada: Clone) -> None:
    hook = ada.path.parent / "remote.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'freeze until Monday' >&2\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    assert "freeze until Monday" in refused(ada, 4, "promote", "hello", "--to", "dev")["message"]


def test_an_unknown_user_is_refused_with_the_command_that_helps(ada: Clone) -> None:
    ada.git("config", "--global", "--remove-section", "user")
    assert "git config" in refused(ada, 4, "promote", "hello", "--to", "dev")["hint"]


def test_a_name_in_another_encoding_is_written_as_it_is(ada: Clone) -> None:
    environ = {**ada.environ, "GIT_COMMITTER_NAME": b"Jos\xe9".decode("utf-8", "surrogateescape")}
    promote(Clone(ada.path, environ), "hello", to="dev")


def test_a_branch_that_was_rewound_is_refused(ada: Clone) -> None:
    promote(ada, "hello", to="dev")
    first = head(ada, "dev")
    promote(ada, "bye", to="dev")
    second, bob = head(ada, "dev"), another(ada, "bob")
    bob.git("push", "--quiet", "--force", "origin", f"{first}:refs/heads/env/dev")
    new_version(ada, "Greet warmly.")
    message = refused(ada, 4, "promote", "hello", "--to", "dev")["message"]
    assert first in message
    assert second in message


def test_words_that_are_no_text_are_kept_as_far_as_they_can_be_read(ada: Clone) -> None:
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    publish(ada, greeting("Greet warmly."))
    ok(ada, "release", "hello", "--notes", odd)
    assert "caf\ufffd" in ada.git("tag", "--list", "--format=%(contents)", "prompts/hello/v1.1.0")
    ok(ada, "promote", "hello", "--to", "dev", "--reason", odd)
    ok(ada, "promote", "hello@1.0.0", "--to", "dev")
    ok(ada, "hold", "bye", "--env", "dev", "--reason", odd)
    ok(ada, "rollback", "hello", "--env", "dev", "--reason", odd)
    assert [each["reason"] for each in lock_of(ada, "dev")["holds"]] == ["caf\ufffd"] * 2
