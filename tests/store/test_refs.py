from __future__ import annotations

import multiprocessing
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote, make_repository
from helpers.smart_http import smart_http

from promptctl.errors import (
    IntegrityError,
    LostRaceError,
    OutcomeUnknownError,
    PromptctlError,
    RefusedError,
    Unavailable,
)
from promptctl.store.objects import REGULAR, TreeEntry
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository

PROD = "refs/heads/env/prod"
TAG = "refs/tags/prompts/a/v1.0.0"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


@pytest.fixture
def remote(tmp_path: Path, environ: dict[str, str]) -> Clone:
    (tmp_path / "srv").mkdir()
    return make_remote(tmp_path / "srv/r.git", environ, {"promptctl.yaml": "environments: []\n"})


@pytest.fixture(params=["file", "http"])
def url(request: pytest.FixtureRequest, remote: Clone, environ: dict[str, str]) -> Iterator[str]:
    if request.param == "file":
        yield remote.path.as_uri()
    else:
        with smart_http(remote.path.parent, environ) as base:
            yield f"{base}/r.git"


def opened(stack: ExitStack, clone: Clone) -> Repository:
    return stack.enter_context(Repository.discover(clone.path, clone.environ))


def stage_commit(repository: Repository, text: str, parent: str | None = None) -> str:
    objects = repository.objects
    blob = objects.write_blob(text.encode())
    tree = objects.write_tree([TreeEntry(REGULAR, "blob", blob, "lock.json")])
    parents = f"parent {parent}\n" if parent else ""
    who = "Ada <ada@acme.example> 1700000000 +0000"
    return objects.write_commit(f"tree {tree}\n{parents}author {who}\ncommitter {who}\n\n{text}\n".encode())


def test_a_ref_is_created_moved_and_seen_by_the_next_clone(
    url: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    with ExitStack() as stack:
        one = opened(stack, make_clone(url, tmp_path / "one", environ))
        two = opened(stack, make_clone(url, tmp_path / "two", environ))
        first = stage_commit(one, "first")
        one.refs.push(PROD, first, None)
        assert one.refs.read(PROD) == first
        second = stage_commit(one, "second", first)
        one.refs.push(PROD, second, first)
        one.refs.push(TAG, second, None)
        assert two.refs.read(PROD) is None
        two.refs.fetch([HEAD, "refs/heads/env/*", "refs/heads/evidence", TAG])
        assert two.refs.read_below("refs/heads/env") == {PROD: second}
        assert (
            two.refs.read_below("refs/tags/prompts/a/")
            == one.refs.read_below("refs/tags/prompts/a")
            == {TAG: second}
        )
        assert two.objects.blob(f"{two.refs.where(PROD)}:lock.json") == b"second"
        assert two.objects.blob(f"{two.refs.where(HEAD)}:promptctl.yaml") == b"environments: []\n"


def test_of_two_clones_the_slower_one_is_told_that_it_lost(
    url: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    with ExitStack() as stack:
        one = opened(stack, make_clone(url, tmp_path / "one", environ))
        two = opened(stack, make_clone(url, tmp_path / "two", environ))
        first = stage_commit(one, "first")
        one.refs.push(PROD, first, None)
        with pytest.raises(LostRaceError, match="env/prod"):
            two.refs.push(PROD, stage_commit(two, "late"), None)
        two.refs.fetch([PROD])
        winner = stage_commit(two, "winner", first)
        two.refs.push(PROD, winner, first)
        with pytest.raises(LostRaceError, match=first):
            one.refs.push(PROD, stage_commit(one, "loser", first), first)
        one.refs.fetch([PROD])
        assert one.refs.read(PROD) == winner


def test_a_ref_that_is_there_already_is_success(url: str, tmp_path: Path, environ: dict[str, str]) -> None:
    with ExitStack() as stack:
        one = opened(stack, make_clone(url, tmp_path / "one", environ))
        two = opened(stack, make_clone(url, tmp_path / "two", environ))
        for repository in (one, two, one):
            for ref in (PROD, TAG):
                repository.refs.push(ref, stage_commit(repository, "same"), None)


def test_a_tag_that_exists_with_other_content_is_a_lost_race(
    url: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    with ExitStack() as stack:
        one = opened(stack, make_clone(url, tmp_path / "one", environ))
        one.refs.push(TAG, stage_commit(one, "first"), None)
        with pytest.raises(LostRaceError, match=r"prompts/a/v1\.0\.0"):
            one.refs.push(TAG, stage_commit(one, "other"), None)


def test_a_tag_moved_on_the_remote_is_refused_with_both_ids(
    url: str, remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    with ExitStack() as stack:
        one = opened(stack, make_clone(url, tmp_path / "one", environ))
        was = stage_commit(one, "first")
        one.refs.push(TAG, was, None)
        now = remote.git("rev-parse", "main")
        remote.git("update-ref", TAG, now)
        with pytest.raises(IntegrityError, match=f"was {was} and is {now}"):
            one.refs.fetch(["refs/tags/prompts/a/*"])
        assert one.refs.read(TAG) == was


def test_a_branch_that_went_back_on_the_remote_is_refused_with_both_ids(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    with ExitStack() as stack:
        one = opened(stack, make_clone(remote, tmp_path / "one", environ))
        first = stage_commit(one, "first")
        one.refs.push(PROD, first, None)
        second = stage_commit(one, "second", first)
        one.refs.push(PROD, second, first)
        remote.git("update-ref", PROD, first)
        with pytest.raises(IntegrityError, match=f"env/prod was {second} and is {first}"):
            one.refs.fetch([HEAD, "refs/heads/env/*"])


def test_after_a_branch_was_deleted_on_the_remote_a_second_run_makes_it_anew(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    with ExitStack() as stack:
        one = opened(stack, make_clone(remote, tmp_path / "one", environ))
        first = stage_commit(one, "first")
        one.refs.push(PROD, first, None)
        remote.git("update-ref", "-d", PROD)
        second = stage_commit(one, "second", first)
        with pytest.raises(LostRaceError):
            one.refs.push(PROD, second, first)
        assert one.refs.read(PROD) is None
        one.refs.push(PROD, second, None)
        assert remote.git("rev-parse", PROD) == second


def test_fetching_brings_no_other_refs(remote: Clone, tmp_path: Path, environ: dict[str, str]) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    remote.git("tag", "prompts/b/v1.0.0", "main")
    remote.git("branch", "feature", "main")
    remote.git("branch", "env/dev", "main")
    before = set(clone.git("for-each-ref", "--format=%(refname)").splitlines())
    with Repository.discover(clone.path, environ) as repository:
        repository.refs.fetch([HEAD, "refs/heads/env/*", "refs/tags/prompts/a/*"])
    after = set(clone.git("for-each-ref", "--format=%(refname)").splitlines())
    assert after - before == {"refs/remotes/origin/env/dev", "refs/promptctl/origin/HEAD"}


def test_the_configured_default_branch_counts_only_where_the_remotes_head_leads_nowhere(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    main = remote.git("rev-parse", "main")  # must not become the policy by what is configured here
    other = remote.git("commit-tree", "main^{tree}", "-m", "other")
    remote.git("branch", "trunk", other)
    for head, configured, expected in (
        ("trunk", "", other),
        ("trunk", "main", other),
        ("none", "trunk", other),
    ):
        remote.git("symbolic-ref", "HEAD", f"refs/heads/{head}")
        clone.git("config", "promptctl.defaultBranch", configured)
        with Repository.discover(clone.path, environ) as repository:
            repository.refs.fetch([HEAD])
            assert repository.refs.read(HEAD) == expected
    assert clone.git("rev-parse", "refs/remotes/origin/main") == main


def test_an_unborn_default_branch_is_refused_with_the_command_that_helps(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    remote.git("symbolic-ref", "HEAD", "refs/heads/none")
    with Repository.discover(clone.path, environ) as repository, pytest.raises(RefusedError) as caught:
        repository.refs.fetch([HEAD])
    assert "no default branch" in caught.value.message
    assert "promptctl.defaultBranch" in caught.value.hint


@pytest.mark.parametrize("words", ["GH006: Protected branch update failed", "pre-receive hook says no"])
def test_a_push_that_the_server_declines_is_refused_in_its_cleaned_words(
    url: str, remote: Clone, tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    hook = remote.path / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\nprintf '\\033[31m{words}\\033[0m\\n\\007' >&2\nexit 1\n")
    hook.chmod(0o755)
    with ExitStack() as stack:
        one = opened(stack, make_clone(url, tmp_path / "one", environ))
        with pytest.raises(RefusedError, match=words) as caught:
            one.refs.push(PROD, stage_commit(one, "first"), None)
        assert not isinstance(caught.value, LostRaceError)
        assert "\x1b" not in caught.value.message
        assert "\x07" not in caught.value.message
        assert one.refs.read(PROD) is None


def test_a_remote_that_cannot_store_changes_nothing(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    remote.git("config", "receive.maxInputSize", "10")
    with ExitStack() as stack:
        one = opened(stack, make_clone(remote, tmp_path / "one", environ))
        with pytest.raises(PromptctlError) as caught:
            one.refs.push(PROD, stage_commit(one, "first"), None)
        assert caught.value.exit_code in {4, 5}
    assert remote.git("for-each-ref", PROD) == ""


def test_a_deleted_remote_is_unavailable_for_fetch_and_push(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    remote.path.rename(tmp_path / "gone")
    with Repository.discover(clone.path, environ) as repository:
        with pytest.raises(Unavailable):
            repository.refs.fetch([HEAD])
        with pytest.raises(Unavailable, match="cannot be reached"):
            repository.refs.push(PROD, stage_commit(repository, "first"), None)


def test_a_server_that_does_not_answer_is_unavailable(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    clone.git("remote", "set-url", "origin", "http://127.0.0.1:9/r.git")
    with (
        Repository.discover(clone.path, environ) as repository,
        pytest.raises(Unavailable, match="cannot be reached"),
    ):
        repository.refs.push(PROD, stage_commit(repository, "first"), None)


def test_a_push_whose_answer_is_lost_is_read_back_as_done(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    lost: list[str] = []

    def is_push(path: str) -> bool:
        lost.extend([path] if path.endswith("git-receive-pack") else [])
        return path.endswith("/git-receive-pack")

    with smart_http(remote.path.parent, environ, break_after=is_push) as base, ExitStack() as stack:
        one = opened(stack, make_clone(f"{base}/r.git", tmp_path / "one", environ))
        first = stage_commit(one, "first")
        one.refs.push(PROD, first, None)
    assert lost
    assert remote.git("rev-parse", PROD) == first


def test_a_push_whose_answer_is_lost_for_good_has_an_unknown_outcome(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    cut: list[bool] = []

    def is_cut(path: str) -> bool:
        cut.extend([True] if path.endswith("/git-receive-pack") else [])
        return bool(cut)

    with smart_http(remote.path.parent, environ, break_after=is_cut) as base, ExitStack() as stack:
        one = opened(stack, make_clone(f"{base}/r.git", tmp_path / "one", environ))
        with pytest.raises(OutcomeUnknownError) as caught:
            one.refs.push(PROD, stage_commit(one, "first"), None)
    assert caught.value.exit_code == 6


def test_a_push_that_dies_on_the_server_is_read_back_as_not_done(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    hook = remote.path / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR if hook.exists() else 0o755)
    with ExitStack() as stack:
        one = opened(stack, make_clone(remote, tmp_path / "one", environ))
        with pytest.raises(Unavailable, match="was not moved"):
            one.refs.push(PROD, stage_commit(one, "first"), None)
    assert remote.git("for-each-ref", PROD) == ""


def test_without_a_remote_the_same_transaction_holds(tmp_path: Path, environ: dict[str, str]) -> None:
    clone = make_repository(tmp_path / "r", environ)
    head = clone.commit({"promptctl.yaml": "x"})
    with ExitStack() as stack:
        one, two = opened(stack, clone), opened(stack, clone)
        one.refs.fetch([HEAD, "refs/heads/env/*"])
        assert one.refs.read(HEAD) == head
        first = stage_commit(one, "first")
        one.refs.push(PROD, first, None)
        one.refs.push(PROD, first, None)
        with pytest.raises(LostRaceError, match=f"it is at {first}"):
            two.refs.push(PROD, stage_commit(two, "late"), None)
        second = stage_commit(two, "second", first)
        two.refs.push(PROD, second, first)
        with pytest.raises(LostRaceError, match=f"it is at {second}"):
            one.refs.push(PROD, stage_commit(one, "late", first), first)
        assert one.refs.read_below("refs/heads/env") == {PROD: second}
        assert one.refs.read("refs/heads/env/none") is None


def test_an_environment_blocked_by_a_branch_env_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    clone = make_repository(tmp_path / "r", environ)
    clone.commit({"promptctl.yaml": "x"})
    clone.git("branch", "env")
    with ExitStack() as stack:
        one = opened(stack, clone)
        with pytest.raises(RefusedError, match="refs/heads/env") as caught:
            one.refs.push(PROD, stage_commit(one, "first"), None)
        assert not isinstance(caught.value, LostRaceError)


def _race(path: str, environ: dict[str, str], number: int, barrier: object, outcomes: object) -> None:
    with Repository.discover(Path(path), environ) as repository:
        commit = stage_commit(repository, f"racer {number}")
        repository.objects.flush()
        barrier.wait(60)  # type: ignore[attr-defined]
        try:
            repository.refs.push(PROD, commit, None)
            outcomes.put("won")  # type: ignore[attr-defined]
        except PromptctlError as error:
            outcomes.put(f"{error.code}" if isinstance(error, LostRaceError) else f"{error.code}: {error}")  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", ["remote", "local"])
def test_of_six_processes_at_once_one_wins_and_five_are_refused_cleanly(
    remote: Clone, tmp_path: Path, environ: dict[str, str], place: str
) -> None:
    clones = [make_clone(remote, tmp_path / f"c{number}", environ) for number in range(6)]
    if place == "local":
        clones[0].git("remote", "remove", "origin")
        clones = [clones[0]] * 6
    context = multiprocessing.get_context("fork")
    barrier, outcomes = context.Barrier(6), context.Queue()
    racers = [
        context.Process(target=_race, args=(str(clone.path), environ, number, barrier, outcomes))
        for number, clone in enumerate(clones)
    ]
    for racer in racers:
        racer.start()
    got = sorted(outcomes.get(timeout=90) for _ in racers)
    for racer in racers:
        racer.join(30)
    assert got == ["lost-race"] * 5 + ["won"]


def test_what_the_remote_does_not_have_is_not_there_whatever_stands_in_this_clone(tmp_path: Path) -> None:
    remote = make_remote(tmp_path / "r.git", hermetic_environ(tmp_path / "home"), {"a": "1"})
    clone = make_clone(remote, tmp_path / "c", hermetic_environ(tmp_path / "home"))
    clone.git("tag", "--annotate", "--message", "never pushed", "prompts/a/v1.0.0")
    clone.git("update-ref", "refs/remotes/origin/env/staging", "HEAD")
    with Repository.discover(clone.path, clone.environ) as repository:
        repository.refs.fetch(["refs/tags/prompts/a/v*", "refs/heads/env/*", "refs/heads/evidence"])
        assert repository.refs.read("refs/tags/prompts/a/v1.0.0") is None
        assert repository.refs.read_below("refs/tags/prompts/a/") == {}
        assert repository.refs.read_below("refs/heads/env/") == {}
        assert repository.refs.read("refs/tags/other") is None
    assert clone.git("tag", "--list") == "prompts/a/v1.0.0", "nothing of the clone's own is lost"


def test_what_a_fetch_said_is_read_without_asking_git_again(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    remote.git("branch", "env/prod", "main")
    remote.git("tag", "--annotate", "--message", "x", "prompts/a/v1.0.0", "main")
    main, tag = remote.git("rev-parse", "main"), remote.git("rev-parse", "refs/tags/prompts/a/v1.0.0")
    with Repository.discover(clone.path, environ) as repository:
        repository.refs.fetch([HEAD, "refs/heads/env/*", "refs/heads/evidence", "refs/tags/prompts/a/v*"])
        shutil.rmtree(clone.path / ".git" / "refs")  # where git would have to look
        (clone.path / ".git" / "packed-refs").unlink(missing_ok=True)
        assert repository.refs.read(HEAD) == main
        assert repository.refs.read(PROD) == main
        assert repository.refs.read("refs/heads/evidence") is None
        assert repository.refs.read_below("refs/tags/prompts/a/v") == {"refs/tags/prompts/a/v1.0.0": tag}
        assert repository.refs.read_below("refs/heads/env/") == {PROD: main}


def test_what_the_remote_deleted_since_is_gone_after_the_next_fetch(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    for name in ("env/prod", "env/staging"):
        remote.git("branch", name, "main")
    with Repository.discover(clone.path, environ) as repository:
        repository.refs.fetch(["refs/heads/env/*"])
        remote.git("branch", "--delete", "--force", "env/prod")
        repository.refs.fetch(["refs/heads/env/*"])
        assert repository.refs.read(PROD) is None
        assert list(repository.refs.read_below("refs/heads/env/")) == ["refs/heads/env/staging"]
        assert repository.refs.lost(PROD) == remote.git("rev-parse", "main")


def test_a_branch_that_is_named_like_a_ref_is_not_taken_for_it(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    head = remote.git("rev-parse", "main")
    for name in ("refs/heads/refs/heads/env/prod", "refs/tags/refs/heads/env/prod"):
        remote.git("update-ref", name, head)
        clone.git("update-ref", name, head)
    with Repository.discover(clone.path, environ) as repository:
        repository.refs.fetch([HEAD, "refs/heads/*", "refs/tags/*"])
        assert repository.refs.read(PROD) is None
        assert repository.refs.read_below("refs/heads/env/") == {}


def test_what_was_last_fetched_is_recalled_without_the_remote(
    remote: Clone, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_clone(remote, tmp_path / "one", environ)
    remote.git("branch", "env/prod", "main")
    remote.git("tag", "prompts/a/v1.0.0", "main")
    wanted = [HEAD, "refs/heads/env/*", "refs/tags/prompts/a/v*"]
    with Repository.discover(clone.path, environ) as repository:
        repository.refs.fetch(wanted)
    remote.git("update-ref", "-d", PROD)
    main = remote.git("rev-parse", "main")
    with Repository.discover(clone.path, environ) as repository:
        repository.refs.recall(wanted)
        assert repository.refs.read(HEAD) == main
        assert repository.refs.read_below("refs/heads/env/") == {PROD: main}
        assert repository.refs.read_below("refs/tags/prompts/a/v") == {"refs/tags/prompts/a/v1.0.0": main}
        assert repository.refs.read("refs/heads/env/none") is None
        assert repository.refs.lost("refs/heads/env/none") is None
