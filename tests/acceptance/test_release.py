"""`promptctl release`, on real repositories."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote, make_repository
from helpers.shop import (
    ANSWER,
    HELLO,
    SHOP,
    SMALL,
    Done,
    another,
    call,
    finished,
    greeting,
    local_shop,
    new_version,
    ok,
    publish,
    refused,
    shared,
    shop,
    start,
)

TAG = "refs/tags/prompts/hello/v"


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    return shop(tmp_path)


def test_the_first_release_is_1_0_0_and_the_next_says_nothing_changed(ada: Clone) -> None:
    (first,) = ok(ada, "release", "hello")["releases"]
    assert (first["outcome"], first["version"]) == ("released", "1.0.0")
    before = shared(ada, "refs/*")
    (again,) = ok(ada, "release", "hello")["releases"]
    assert (again["outcome"], again["version"]) == ("unchanged", "1.0.0")
    assert shared(ada, "refs/*") == before
    assert "nothing changed since 1.0.0" in call(ada, "release", "hello").out


def test_a_release_is_its_bundle_its_sources_and_what_is_about_it(ada: Clone) -> None:
    (released,) = ok(ada, "release", "hello")["releases"]
    tree = ada.git("ls-tree", "-r", released["commit"]).splitlines()
    assert [line.split()[0] + " " + line.split("\t")[1] for line in tree] == [
        "100644 bundle.json",
        "100644 prompts/hello.md",
        "100644 release.json",
    ]
    assert ada.git("show", f"{released['commit']}:prompts/hello.md") + "\n" == HELLO
    content = ada.git("cat-file", "blob", f"{released['commit']}:bundle.json").encode()
    assert released["digest"] == "sha256:" + hashlib.sha256(content).hexdigest()
    about = json.loads(ada.git("show", f"{released['commit']}:release.json"))
    assert about["files"] == {"prompts/hello.md": hashlib.sha256(HELLO.encode()).hexdigest()}
    assert about["digest"] == released["digest"]
    assert about["source_commit"] == released["source_commit"] == ada.git("rev-parse", "HEAD")


def test_the_tags_of_an_artifact_are_its_history(ada: Clone) -> None:
    first = ok(ada, "release", "hello")["releases"][0]
    second = new_version(ada, "Greet warmly.")
    assert second["version"] == "1.1.0"
    assert ada.git("log", "--format=%H", "prompts/hello/v1.1.0").split() == [
        second["commit"],
        first["commit"],
    ]
    assert ada.git("log", "-1", "--format=%s", second["commit"]) == "prompts/hello v1.1.0"
    assert ada.git("log", "-1", "--format=%(trailers:only)", second["commit"]).split("\n")[:2] == [
        f"Source-Commit: {second['source_commit']}",
        f"Digest: {second['digest']}",
    ]


def test_a_broken_contract_is_major_and_says_why(ada: Clone) -> None:
    ok(ada, "release", "hello")
    publish(
        ada,
        {"prompts/hello.md": HELLO.replace("name: {kind", "who: {kind").replace("{{ name }}", "{{ who }}")},
    )
    (released,) = ok(ada, "release", "hello")["releases"]
    assert (released["version"], released["bump"]) == ("2.0.0", "major")
    contract = [each for each in released["changes"] if each["part"] == "contract"]
    assert [each["where"] for each in contract] == ["inputs.name", "inputs.who"]


def test_what_is_no_behaviour_needs_no_release(ada: Clone) -> None:
    ok(ada, "release", "hello")
    publish(ada, {"prompts/hello.md": HELLO.replace("---\ninputs", "---\ndescription: Greets.\ninputs")})
    assert ok(ada, "release", "hello")["releases"][0]["outcome"] == "unchanged"
    (forced,) = ok(ada, "release", "hello", "--bump", "patch")["releases"]
    assert (forced["outcome"], forced["version"]) == ("released", "1.0.1")


@pytest.mark.parametrize(("bump", "version"), [("major", "2.0.0"), ("minor", "1.1.0"), ("patch", "1.0.1")])
def test_a_bump_may_be_chosen(ada: Clone, bump: str, version: str) -> None:
    ok(ada, "release", "hello")
    publish(ada, greeting("Greet warmly."))
    assert ok(ada, "release", "hello", "--bump", bump)["releases"][0]["version"] == version


def test_a_version_below_the_newest_is_a_child_of_the_highest_below_it(ada: Clone) -> None:
    first = ok(ada, "release", "hello")["releases"][0]
    new_version(ada, "Greet warmly.")
    publish(ada, greeting("Greet briefly."))
    (hotfix,) = ok(ada, "release", "hello", "--version", "1.0.1")["releases"]
    assert ada.git("log", "--format=%H", hotfix["commit"]).split() == [hotfix["commit"], first["commit"]]
    publish(ada, greeting("Greet again."))
    assert ok(ada, "release", "hello")["releases"][0]["version"] == "1.2.0"


def test_a_version_that_is_there_with_this_digest_is_success_and_with_another_is_refused(ada: Clone) -> None:
    (first,) = ok(ada, "release", "hello", "--version", "3.0.0")["releases"]
    (again,) = ok(ada, "release", "hello", "--version", "3.0.0")["releases"]
    assert (again["outcome"], again["tag_object"]) == ("exists", first["tag_object"])
    publish(ada, greeting("Greet warmly."))
    assert (
        "3.0.0 exists with the digest" in refused(ada, 4, "release", "hello", "--version", "3.0.0")["message"]
    )


@pytest.mark.parametrize("style", ["plain", "ssh", "pgp"])
def test_a_tag_by_other_hands_with_our_commit_and_digest_is_success(ada: Clone, style: str) -> None:
    (first,) = ok(ada, "release", "hello")["releases"]
    ada.git("push", "--quiet", "origin", f":{TAG}1.0.0")
    ada.git("tag", "--delete", "prompts/hello/v1.0.0")
    signature = {
        "plain": "",
        "ssh": "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n",
        "pgp": "-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCAAd\n=abcd\n-----END PGP SIGNATURE-----\n",
    }[style]
    tag = (
        f"object {first['commit']}\ntype commit\ntag prompts/hello/v1.0.0\n"
        f"tagger Bob <bob@acme.example> 1700000000 +0100\n\nwords\n\nDigest: {first['digest']}\n{signature}"
    )
    oid = ada.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=tag.encode())
    ada.git("push", "--quiet", "origin", f"{oid}:{TAG}1.0.0")
    (again,) = ok(ada, "release", "hello")["releases"]
    assert (again["outcome"], again["tag_object"]) == ("unchanged", oid)


def test_two_people_who_release_the_same_commit_make_one_release(ada: Clone) -> None:
    bob = another(ada, "bob")
    (mine,) = ok(ada, "release", "hello")["releases"]
    (his,) = ok(bob, "release", "hello")["releases"]
    assert (his["outcome"], his["commit"]) == ("unchanged", mine["commit"])


def test_the_release_commit_is_the_same_whoever_makes_it(ada: Clone) -> None:
    ada.git("config", "user.name", "Zoë Ångström")
    publish(ada, greeting("Greet warmly."), "grüße")
    commits = []
    for name, zone, encoding in (
        ("bob", "Asia/Kolkata", "ISO-8859-1"),
        ("eve", "America/St_Johns", "UTF-16"),
    ):
        clone = another(ada, name, i18n_commitEncoding=encoding, core_autocrlf="true")
        clone = Clone(clone.path, {**clone.environ, "TZ": zone, "LC_ALL": "C"})
        (released,) = ok(clone, "release", "hello")["releases"]
        assert released["outcome"] == "released"
        commits.append(released["commit"])
        ada.git("push", "--quiet", "origin", f":{TAG}1.0.0")
    assert commits[0] == commits[1]
    source = ada.git("cat-file", "commit", "HEAD").split("\n")
    clone_of = ada.path.parent / "eve"
    copied = Clone(clone_of, ada.environ).git("cat-file", "commit", commits[0]).split("\n")
    people = ("author ", "committer ")
    assert [x for x in copied if x.startswith(people)] == [x for x in source if x.startswith(people)]
    assert not [line for line in copied if line.startswith(("encoding", "gpgsig"))]


def test_changed_releases_every_prompt_with_a_new_digest_and_no_other(tmp_path: Path) -> None:
    ada = shop(tmp_path, SHOP | {"prompts/judges/kind.md": ANSWER.replace("name: answer", "name: kind")})
    done = ok(ada, "release", "--changed")["releases"]
    assert [each["address"] for each in done] == ["prompts/answer", "prompts/hello"]
    assert ok(ada, "release", "--changed") == {"schema": "promptctl.release/v1", "releases": []}
    publish(ada, {"partials/voice.md": "You are formal.\n"})
    for _ in range(2):
        done = ok(ada, "release", "--changed", "--bump", "patch")["releases"]
        assert [(each["address"], each["version"]) for each in done] in ([("prompts/answer", "1.0.1")], [])
    assert shared(ada, "refs/tags/prompts/answer/v1.0.2") == ""
    assert shared(ada, "refs/tags/prompts/hello/v1.0.1") == ""


def test_changed_does_not_pass_over_a_prompt_that_cannot_be_read(ada: Clone) -> None:
    publish(ada, {"prompts/broken.md": "{% if"})
    assert "prompts/broken.md:1" in refused(ada, 1, "release", "--changed")["message"]


def test_a_broken_prompt_stops_its_own_release_only(tmp_path: Path) -> None:
    ada = shop(tmp_path, SHOP)
    publish(ada, {"prompts/broken.md": '---\nname: x\n---\n{% include "voice" %}{{ nobody }}\n'})
    assert "prompts/broken.md" in refused(ada, 1, "release", "broken")["message"]
    assert ok(ada, "release", "answer")["releases"][0]["outcome"] == "released"


def test_a_dry_run_writes_nothing(ada: Clone) -> None:
    before = shared(ada, "refs/*"), ada.git("count-objects"), ada.git("for-each-ref", "refs/tags")
    (planned,) = ok(ada, "release", "hello", "--dry-run")["releases"]
    assert (planned["outcome"], planned["version"], planned["commit"]) == ("planned", "1.0.0", None)
    assert before == (shared(ada, "refs/*"), ada.git("count-objects"), ada.git("for-each-ref", "refs/tags"))


@pytest.mark.parametrize(
    "notes", ["Shorter.", "Shorter.\n\nDigest: sha256:00\n", "-----BEGIN SSH SIGNATURE-----", "# ü"]
)
def test_notes_are_kept_in_the_tag_and_cannot_pass_for_its_trailer(ada: Clone, notes: str) -> None:
    (released,) = ok(ada, "release", "hello", "--notes", notes)["releases"]
    assert notes.strip() in ada.git("for-each-ref", "--format=%(contents)", f"{TAG}1.0.0")
    assert ok(ada, "release", "hello")["releases"][0]["digest"] == released["digest"]


def test_uncommitted_changes_of_the_closure_are_refused_by_name_others_are_not(tmp_path: Path) -> None:
    ada = shop(tmp_path, SHOP)
    ada.write({"partials/voice.md": "Changed.\n", "prompts/hello.md": "changed"})
    error = refused(ada, 4, "release", "answer")
    assert "partials/voice.md" in error["message"]
    assert "prompts/hello.md" not in error["message"]
    ada.git("checkout", "--", "partials/voice.md")
    ada.git("rm", "--quiet", "--cached", "prompts/answer.md")  # the index says nothing about what is released
    assert ok(ada, "release", "answer")["releases"][0]["outcome"] == "released"
    assert ada.git("status", "--porcelain").splitlines()[0] == "D  prompts/answer.md"


def test_a_commit_that_is_not_on_the_default_branch_is_refused(ada: Clone) -> None:
    ada.commit(greeting("Not pushed."))
    assert "is not on the default branch" in refused(ada, 4, "release", "hello")["message"]
    assert ok(ada, "release", "hello", "--at", "HEAD~1")["releases"][0]["outcome"] == "released"


def test_a_hotfix_is_released_from_a_branch_that_the_pipeline_lists(ada: Clone) -> None:
    ok(ada, "release", "hello")
    ada.git("checkout", "--quiet", "-b", "hotfix/greeting")
    ada.commit(greeting("Greet politely."))
    ada.git("push", "--quiet", "origin", "HEAD:refs/heads/hotfix/greeting")
    ada.git("checkout", "--quiet", "main")
    refused(ada, 4, "release", "hello", "--at", "hotfix/greeting")
    pipeline = SHOP["promptctl.yaml"] + "release: {branches: [hotfix/*]}\n"
    publish(ada, {"promptctl.yaml": pipeline, **greeting("Greet anew.")})
    (hotfix,) = ok(ada, "release", "hello", "--at", "hotfix/greeting")["releases"]
    assert (hotfix["version"], hotfix["source_commit"]) == ("1.1.0", ada.git("rev-parse", "hotfix/greeting"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nobody",), 2),
        (("helo",), 2),
        (("judges/kind",), 2),
        (("rag_configs/kb",), 2),
        (("hello", "--at", "nowhere"), 2),
        (("hello", "--version", "1.0"), 2),
        (("hello", "--version", "1.2.0", "--bump", "major"), 2),
        (("--changed", "--version", "1.2.0"), 2),
        (("--changed", "hello"), 2),
        ((), 2),
        (("../hello",), 2),
    ],
)
def test_wrong_words_are_a_usage_error_and_change_nothing(
    ada: Clone, words: tuple[str, ...], code: int
) -> None:
    refused(ada, code, "release", *words)


def test_a_name_that_was_mistyped_is_suggested(ada: Clone) -> None:
    assert refused(ada, 2, "release", "helo")["hint"] == "did you mean prompts/hello?"


def test_a_tag_that_moved_on_the_remote_is_refused_with_both_ids(ada: Clone) -> None:
    (first,) = ok(ada, "release", "hello")["releases"]
    bob = another(ada, "bob")
    bob.git("tag", "--force", "--annotate", "prompts/hello/v1.0.0", "-m", "moved", "HEAD")
    moved = bob.git("rev-parse", "refs/tags/prompts/hello/v1.0.0")
    bob.git("push", "--quiet", "--force", "origin", "refs/tags/prompts/hello/v1.0.0")
    message = refused(ada, 4, "release", "hello")["message"]
    assert first["tag_object"] in message
    assert moved in message


def test_a_tag_that_the_remote_lost_is_pushed_back_as_it_was(ada: Clone) -> None:
    (first,) = ok(ada, "release", "hello")["releases"]
    bob = another(ada, "bob")
    bob.git("fetch", "--quiet", "origin", f"{TAG}*:{TAG}*")
    ada.git("push", "--quiet", "origin", f":{TAG}1.0.0")
    (again,) = ok(ada, "release", "hello", "--notes", "once more")["releases"]
    assert (again["outcome"], again["tag_object"]) == ("released", first["tag_object"])
    assert again["commit"] == first["commit"]
    assert ok(bob, "release", "hello")["releases"][0]["outcome"] == "unchanged"


def test_a_lost_tag_of_another_text_is_not_brought_back(ada: Clone) -> None:
    (first,) = ok(ada, "release", "hello")["releases"]
    ada.git("push", "--quiet", "origin", f":{TAG}1.0.0")
    publish(ada, greeting("Greet warmly."))
    (other,) = ok(ada, "release", "hello")["releases"]
    assert (other["version"], other["digest"] != first["digest"]) == ("1.0.0", True)
    assert shared(ada, f"{TAG}1.0.0") == other["tag_object"]


@pytest.mark.parametrize("place", ["without a remote", "bare", "linked", "detached", "shallow"])
def test_it_works_in_every_kind_of_repository(tmp_path: Path, place: str) -> None:
    if place == "without a remote":
        clone = local_shop(tmp_path)
    else:
        clone = shop(tmp_path)
        publish(clone, greeting("Greet warmly."))
    if place == "bare":
        clone.git("clone", "--quiet", "--bare", clone.path.as_uri(), str(tmp_path / "bare.git"))
        clone = Clone(tmp_path / "bare.git", clone.environ)
        clone.git("remote", "remove", "origin")
    elif place == "linked":
        clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), "HEAD")
        clone = Clone(tmp_path / "linked", clone.environ)
    elif place == "detached":
        clone.git("checkout", "--quiet", "--detach")
    elif place == "shallow":
        url = clone.git("remote", "get-url", "origin")
        clone.git("clone", "--quiet", "--depth", "1", url, str(tmp_path / "shallow"))
        clone = Clone(tmp_path / "shallow", clone.environ)
    assert ok(clone, "release", "hello")["releases"][0]["outcome"] == "released"
    assert ok(clone, "release", "hello")["releases"][0]["outcome"] == "unchanged"
    assert shared(clone, f"{TAG}1.0.0")


def test_an_empty_repository_is_refused_clearly(tmp_path: Path) -> None:
    clone = make_repository(tmp_path / "new", shop(tmp_path).environ)
    assert call(clone, "release", "hello").code == 2


def test_the_digest_is_rebuilt_with_git_sha256sum_and_rfc8785_alone(ada: Clone, tmp_path: Path) -> None:
    """From the files of the release, by a program that knows the format and nothing of this product."""
    ok(ada, "release", "hello")
    script = Path(__file__).with_name("rebuild.sh")
    import subprocess
    import sys

    environ = {**ada.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        ["bash", str(script), "prompts/hello/v1.0.0"],
        cwd=ada.path,
        env=environ,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert done.stdout.decode() == "prompts/hello/v1.0.0: rebuilt, equal\n"


def test_a_clone_that_is_behind_does_not_make_older_text_the_newest_version(tmp_path: Path) -> None:
    environ = hermetic_environ(tmp_path / "home")
    remote = make_remote(tmp_path / "r.git", environ, {"prompts/a.md": "one\n"})
    stale, fresh = (make_clone(remote, tmp_path / name, environ) for name in ("stale", "fresh"))
    for text in ("two\n", "three\n"):
        fresh.commit({"prompts/a.md": text})
        fresh.git("push", "--quiet")
        ok(fresh, "release", "a")
    error = json.dumps(refused(stale, 4, "release", "a"))
    assert "this clone is behind" in error
    assert "git pull" in error


def release_at_once(*clones: Clone, words: tuple[str, ...] = ("release", "hello")) -> list[Done]:
    """Release in several clones at the same moment."""
    running = [start(each.path, *words, "-o", "json", environ=each.environ) for each in clones]
    return [finished(each) for each in running]


@pytest.mark.parametrize("words", [(), ("--version", "1.5.0"), ("--bump", "patch")])
def test_of_two_who_release_the_same_at_once_both_succeed_with_one_release(
    ada: Clone, words: tuple[str, ...]
) -> None:
    ok(ada, "release", "hello")
    publish(ada, greeting("Greet warmly."))
    done = release_at_once(ada, another(ada, "bob"), words=("release", "hello", *words))
    assert [each.code for each in done] == [0, 0], [each.err for each in done]
    made = [each.json["releases"][0] for each in done]
    assert len({(each["version"], each["tag_object"]) for each in made}) == 1
    assert len(ada.git("ls-remote", "--tags", "origin", f"{TAG}*").splitlines()) == 4


def on_branches(ada: Clone, *texts: str) -> list[Clone]:
    """Return a clone for each text, on a hotfix branch of its own that is pushed."""
    publish(ada, {"promptctl.yaml": SHOP["promptctl.yaml"] + "release: {branches: [hotfix/*]}\n"})
    clones = [another(ada, f"person{at}") for at in range(len(texts))]
    for at, (clone, text) in enumerate(zip(clones, texts, strict=True)):
        clone.git("switch", "--quiet", "--create", f"hotfix/{at}")
        clone.commit(greeting(text))
        clone.git("push", "--quiet", "origin", f"HEAD:hotfix/{at}")
    return clones


def test_of_two_who_release_different_texts_at_once_each_gets_a_version(ada: Clone) -> None:
    ok(ada, "release", "hello")
    done = release_at_once(*on_branches(ada, "Greet warmly.", "Greet briefly."))
    assert [each.code for each in done] == [0, 0], [each.err for each in done]
    made = sorted(each.json["releases"][0]["version"] for each in done)
    assert made == ["1.1.0", "1.2.0"]
    parents = ada.git("fetch", "origin", f"{TAG}*:{TAG}*") or ada.git("log", "--format=%s", f"{TAG}1.2.0")
    assert parents.splitlines() == [f"prompts/hello v{each}" for each in ("1.2.0", "1.1.0", "1.0.0")]


def test_of_two_who_take_one_version_for_different_texts_the_slower_is_refused(ada: Clone) -> None:
    clones = on_branches(ada, "Greet warmly.", "Greet briefly.")
    done = release_at_once(*clones, words=("release", "hello", "--version", "3.0.0"))
    assert sorted(each.code for each in done) == [0, 4]
    (lost,) = [each for each in done if each.code]
    assert "3.0.0 exists with the digest" in lost.json["message"]


def test_a_race_that_is_lost_three_times_in_a_row_is_given_up(ada: Clone) -> None:
    """Somebody else is always faster: a hook of the remote makes the tag just before ours arrives."""
    ok(ada, "release", "hello")
    publish(ada, greeting("Greet warmly."))
    remote = ada.path.parent / "remote.git"
    hook = remote / "hooks/pre-receive"
    tag, commit = ada.git("rev-parse", f"{TAG}1.0.0", f"{TAG}1.0.0^{{}}").split()
    hook.write_text(
        "#!/bin/sh\nunset GIT_QUARANTINE_PATH\nread old new ref\n"
        f"export GIT_OBJECT_DIRECTORY={remote}/objects\n"
        f'commit=$(git cat-file commit {commit} | sed "s#^prompts/hello v.*#prompts/hello ${{ref##*/}}#" |'
        " git hash-object -t commit -w --stdin)\n"
        "tag=$(git cat-file tag "
        + tag
        + ' | sed "s#^object .*#object $commit#; s#^tag .*#tag ${ref#refs/tags/}#" |'
        " git hash-object -t tag -w --stdin)\n"
        'git update-ref "$ref" "$tag"\n'
    )
    hook.chmod(0o755)
    done = call(ada, "release", "hello", "-o", "json")
    assert done.code == 4
    assert "was released by others 3 times in a row" in done.json["message"] + done.err
    assert done.json["hint"] == "run the command again"


def test_the_same_bump_again_says_that_it_is_done(ada: Clone) -> None:
    ok(ada, "release", "hello")
    (first,) = ok(ada, "release", "hello", "--bump", "patch")["releases"]
    (again,) = ok(ada, "release", "hello", "--bump", "patch")["releases"]
    assert (first["outcome"], first["version"]) == ("released", "1.0.1")
    assert (again["outcome"], again["tag_object"]) == ("exists", first["tag_object"])
    publish(ada, greeting("Greet warmly."))
    assert ok(ada, "release", "hello", "--bump", "patch")["releases"][0]["version"] == "1.0.2"


def test_a_version_with_our_digest_from_another_commit_is_not_our_release(ada: Clone) -> None:
    ok(ada, "release", "hello", "--version", "1.0.0")
    publish(ada, {"prompts/hello.md": HELLO.replace("---\ninputs", "---\ndescription: Greets.\ninputs")})
    error = refused(ada, 4, "release", "hello", "--version", "1.0.0")
    assert "exists with this digest, made from" in error["message"]
    assert ok(ada, "release", "hello")["releases"][0]["outcome"] == "unchanged"


def test_a_hotfix_of_an_older_line_goes_on_from_the_highest_version_below_it(ada: Clone) -> None:
    made = [ok(ada, "release", "hello")["releases"][0], new_version(ada, "Greet warmly.")]
    ada.git("branch", "line", "HEAD")
    renamed = HELLO.replace("name: {kind", "who: {kind").replace("{{ name }}", "{{ who }}")
    publish(ada, {"prompts/hello.md": renamed})
    assert ok(ada, "release", "hello")["releases"][0]["version"] == "2.0.0"
    publish(ada, {"promptctl.yaml": SHOP["promptctl.yaml"] + "release: {branches: [hotfix/*]}\n"})
    ada.git("switch", "--quiet", "--create", "hotfix/greeting", "line")
    ada.commit(greeting("Greet very warmly."))
    ada.git("push", "--quiet", "origin", "HEAD:hotfix/greeting")
    bob = another(ada, "bob")  # on main, without a branch of that name
    words = ("release", "hello", "--at", "hotfix/greeting", "--version", "1.1.1")
    (planned,) = ok(bob, *words, "--dry-run")["releases"]
    (hotfix,) = ok(bob, *words)["releases"]
    for each in (planned, hotfix):  # compared with 1.1.0, of which the contract is the same
        assert (each["version"], each["bump"], each["source_commit"]) == (
            "1.1.1",
            "minor",
            ada.git("rev-parse", "HEAD"),
        )
        assert {change["part"] for change in each["changes"]} == {"behaviour"}
    assert bob.git("log", "--format=%H", hotfix["commit"]).split() == [
        hotfix["commit"],
        made[1]["commit"],
        made[0]["commit"],
    ]
    bob.git("push", "--quiet", "origin", ":hotfix/greeting")
    ada.git("commit", "--quiet", "--amend", "-m", "gone from the remote")
    error = refused(ada, 4, "release", "hello", "--version", "1.1.2")
    assert "is not on the default branch of origin, nor on hotfix/*" in error["message"]


def test_a_version_in_between_and_one_below_all_have_the_parent_that_their_number_says(ada: Clone) -> None:
    for version, text in (("2.0.0", "two"), ("1.5.0", "between"), ("0.1.0", "below")):
        publish(ada, greeting(text))
        ok(ada, "release", "hello", "--version", version)
    commits = {each: ada.git("rev-parse", f"{TAG}{each}^{{}}") for each in ("2.0.0", "1.5.0", "0.1.0")}
    for version, commit in commits.items():  # each was made before there was one below it
        assert ada.git("log", "--format=%H", commit).split() == [commit], version
    publish(ada, greeting("last"))
    (made,) = ok(ada, "release", "hello", "--version", "1.9.0")["releases"]
    assert ada.git("rev-parse", f"{made['commit']}^") == commits["1.5.0"]


def test_a_dry_run_of_all_that_changed_names_each_and_writes_nothing(tmp_path: Path) -> None:
    ada = shop(tmp_path, SHOP)
    before = shared(ada, "refs/*"), ada.git("count-objects")
    planned = ok(ada, "release", "--changed", "--dry-run")["releases"]
    assert [(each["address"], each["outcome"]) for each in planned] == [
        ("prompts/answer", "planned"),
        ("prompts/hello", "planned"),
    ]
    assert before == (shared(ada, "refs/*"), ada.git("count-objects"))


def test_what_was_released_before_a_refusal_stays_and_a_second_run_does_the_rest(tmp_path: Path) -> None:
    names = [f"p{at}" for at in range(4)]
    ada = shop(tmp_path, {**SMALL, **{f"prompts/{each}.md": HELLO for each in names}})
    hook = tmp_path / "remote.git/hooks/update"
    hook.write_text('#!/bin/sh\ncase "$1" in */p2/*) echo "not \\033[31mthis one" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    done = call(ada, "release", "--changed", "-o", "json")
    assert done.code == 4
    assert "not this one" in done.json["message"]
    assert done.json["hint"]
    for each, there in (("hello", True), ("p0", True), ("p1", True), ("p2", False), ("p3", False)):
        assert bool(shared(ada, f"refs/tags/prompts/{each}/v1.0.0")) == there
    assert not ada.git("tag", "--list", "prompts/p2/*")
    hook.unlink()
    again = ok(ada, "release", "--changed")["releases"]
    assert [each["address"] for each in again] == ["prompts/p2", "prompts/p3"]


def test_notes_may_have_lines_that_look_like_trailers_and_other_alphabets(ada: Clone) -> None:
    notes = "Grüße, 你好 👋\n\nDigest: sha256:00\nSource-Commit: 00\n\nDigest: sha256:11"
    (made,) = ok(ada, "release", "hello", "--notes", notes)["releases"]
    assert ok(ada, "history", "hello")["releases"][0]["notes"] == notes
    shown = ok(ada, "show", "hello@1.0.0")
    assert (shown["digest"], shown["source_commit"]) == (made["digest"], made["source_commit"])
    trailers = ada.git("for-each-ref", "--format=%(contents:trailers:only)", f"{TAG}1.0.0").split("\n")
    assert [each for each in trailers if each] == [f"Digest: {made['digest']}"]
    assert ok(ada, "verify", "--all")["violations"] == []
