"""SIGKILL while the remote moves a ref, and at random points: it is old or new, and a second run finishes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import SMALL, call, finished, lock_of, new_version, ok, serving, shared, shop
from helpers.soak import examples
from helpers.warm import Warm

SEED = 2718
MOMENTS = [("pre-receive", False), ("update", False), ("post-receive", True)]
"""Where the remote is when the command dies, and whether its ref has moved by then."""


def killed_at(clone: Clone, hook: str, *words: str) -> None:
    """Run a command that the remote kills from one of its hooks, with every git of both sides."""
    pid_file = clone.path.parent / "pid"
    path = clone.path.parent / "remote.git/hooks" / hook
    path.write_text(f'#!/bin/sh\nkill -9 "$(cat {pid_file})" 0\n')
    path.chmod(0o755)
    process = subprocess.Popen(
        ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(pid_file), sys.executable, "-m", "promptctl", *words],
        cwd=clone.path,
        env=dict(clone.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert finished(process).code == -signal.SIGKILL
    path.unlink()


def check_leftovers(clone: Clone) -> None:
    """What is left behind is unreachable objects and views that nothing reads."""
    for repository in (clone, Clone(clone.path.parent / "remote.git", clone.environ)):
        assert "error" not in repository.git("fsck", "--no-dangling", "--connectivity-only")
    assert clone.git("status", "--porcelain", "--untracked-files=no") == ""


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    return shop(tmp_path, SMALL)


@pytest.mark.parametrize(("hook", "moved"), MOMENTS)
def test_a_promotion_that_was_killed_has_happened_or_not_and_runs_again(
    ada: Clone, hook: str, *, moved: bool
) -> None:
    new_version(ada, "One.")
    new_version(ada, "Two.")
    ok(ada, "promote", "hello@1.0.0", "--to", "dev")
    before = lock_of(ada, "dev")["sequence"]
    killed_at(ada, hook, "promote", "hello@1.1.0", "--to", "dev")
    assert lock_of(ada, "dev")["sequence"] == before + moved
    assert serving(ada, "dev") == {"prompts/hello": "1.1.0" if moved else "1.0.0"}
    ok(ada, "promote", "hello@1.1.0", "--to", "dev")
    assert serving(ada, "dev") == {"prompts/hello": "1.1.0"}
    assert lock_of(ada, "dev")["sequence"] == before + 1
    check_leftovers(ada)


@pytest.mark.parametrize(("hook", "moved"), MOMENTS)
def test_a_release_that_was_killed_has_happened_or_not_and_runs_again(
    ada: Clone, hook: str, *, moved: bool
) -> None:
    killed_at(ada, hook, "release", "hello")
    tag = shared(ada, "refs/tags/prompts/hello/v1.0.0")
    assert bool(tag) == moved
    (again,) = ok(ada, "release", "hello")["releases"]
    assert again["outcome"] == ("unchanged" if moved else "released")
    assert again["tag_object"] == shared(ada, "refs/tags/prompts/hello/v1.0.0")
    assert tag in ("", again["tag_object"])
    check_leftovers(ada)


@pytest.mark.parametrize(("hook", "moved"), MOMENTS)
def test_a_rollback_that_was_killed_has_happened_or_not_and_runs_again(
    ada: Clone, hook: str, *, moved: bool
) -> None:
    for text in ("One.", "Two."):
        new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
    why = ("--env", "dev", "--to", "1.0.0", "--reason", "rude")
    killed_at(ada, hook, "rollback", "hello", *why)
    assert lock_of(ada, "dev")["sequence"] == 2 + moved
    ok(ada, "rollback", "hello", *why)
    lock = lock_of(ada, "dev")
    assert (serving(ada, "dev")["prompts/hello"], lock["sequence"]) == ("1.0.0", 3)
    assert len(lock["holds"]) == 1
    check_leftovers(ada)


@dataclass
class Tried:
    """What a block of kills came to."""

    kills: int = 0
    landed: int = 0
    moved: int = 0
    lock_files: int = 0


def words_of(chance: random.Random, number: int, serves: str) -> tuple[str, ...]:
    """Return a command that changes something, and that may be run again."""
    verb = chance.choice(["promote", "promote", "rollback", "release"])
    if verb == "release":
        return ("release", "hello", "--version", f"1.1.{number + 1}")
    other = "1.1.0" if serves == "1.0.0" else "1.0.0"
    if verb == "promote":
        return ("promote", f"hello@{other}", "--to", "dev")
    return ("rollback", "hello", "--to", other, "--env", "dev", "--reason", "rude")


def refs_of(remote: Clone) -> set[str]:
    return set(remote.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines())


def clear_lock_files(*repositories: Path) -> int:
    """Remove what git leaves behind where it is killed while it holds a ref, as a person would."""
    found = [each for path in repositories for each in path.rglob("*.lock")]
    for each in found:
        each.unlink()
    return len(found)


def kill_once(warmed: Warm, ada: Clone, words: tuple[str, ...], delay_s: float, tried: Tried) -> None:
    """Kill one command; check that it has happened or not, and that it can be run again."""
    remote = Clone(ada.path.parent / "remote.git", ada.environ)
    before, serves, sequence = refs_of(remote), serving(ada, "dev"), lock_of(ada, "dev")["sequence"]
    running = warmed.start(ada, *words)
    time.sleep(delay_s)
    running.kill()
    tried.kills += 1
    tried.landed += running.done().code == -signal.SIGKILL
    tried.lock_files += clear_lock_files(ada.path / ".git", remote.path)
    after = refs_of(remote)
    tried.moved += after != before
    assert len({each.split()[0] for each in after ^ before}) <= 1, words
    wanted = sequence + (words[0] != "release")
    if after == before:
        assert (serving(ada, "dev"), lock_of(ada, "dev")["sequence"]) == (serves, sequence)
    ok(ada, *words)
    assert not [*(ada.path / ".git").glob("promptctl-view-*")], "what a killed process leaves is cleared"
    assert lock_of(ada, "dev")["sequence"] == wanted, words
    if words[0] == "release":
        assert shared(ada, f"refs/tags/prompts/hello/v{words[-1]}"), words
    elif words[0] == "promote":
        assert serving(ada, "dev") == {"prompts/hello": words[1].partition("@")[2]}
    else:
        assert serving(ada, "dev") == {"prompts/hello": words[3]}
        for held in [each["value"] for each in lock_of(ada, "dev")["holds"]]:
            version = {"1.0.0": "1.1.0", "1.1.0": "1.0.0"}[words[3]]
            ok(ada, "unhold", f"hello@{version}", "--env", "dev", "--reason", f"{held} was a test")
    if tried.kills % 20 == 0:
        assert call(ada, "verify", "--all").code == 0, words


def test_a_lock_file_that_a_server_left_is_no_race_that_somebody_else_wins(ada: Clone) -> None:
    for text in ("One.", "Two."):
        new_version(ada, text)
    ok(ada, "promote", "hello@1.0.0", "--to", "dev")
    left = ada.path.parent / "remote.git/refs/heads/env/dev.lock"
    left.write_text("")
    done = call(ada, "promote", "hello", "--to", "dev", "-o", "json")
    assert (done.code, done.json["code"]) == (4, "refused")
    assert "env/dev.lock" in done.json["hint"]
    left.unlink()
    ok(ada, "promote", "hello", "--to", "dev")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")
def test_what_is_killed_at_any_moment_has_happened_or_not_and_runs_again(
    warmed: Warm, tmp_path: Path, reached: Callable[[str], None]
) -> None:
    chance, tried = random.Random(SEED), Tried()
    for block in range(examples(1, 10)):
        folder = tmp_path / str(block)
        folder.mkdir()
        ada = shop(folder, SMALL)
        for text in ("One.", "Two."):
            new_version(ada, text)
            ok(ada, "promote", "hello", "--to", "dev")
        begun = time.monotonic()
        warmed.run(ada, "promote", "hello@1.0.0", "--to", "dev")
        whole_s = time.monotonic() - begun
        for number in range(examples(50, 100)):
            words = words_of(chance, number, serving(ada, "dev")["prompts/hello"])
            kill_once(warmed, ada, words, chance.uniform(0.05, 1.0) * whole_s, tried)
        assert call(ada, "verify", "--all").code == 0
        check_leftovers(ada)
    assert tried.landed > tried.kills / 4, "too few kills came while the command ran"
    reached(
        f"R1: {tried.kills:,} SIGKILLs at random moments of promote, rollback and release,"
        f" {tried.landed:,} while it ran, {tried.moved:,} after the ref had moved;"
        f" {tried.lock_files} lock files of git left behind; 0 violations"
    )
