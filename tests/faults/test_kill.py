"""SIGKILL at random points: the remote is old or new, and a second run finishes what the first began."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import SMALL, finished, lock_of, new_version, ok, publish, serving, shared, shop, start

KILLS = 7
SEED = 2718


def killed(clone: Clone, delay_s: float, *words: str) -> None:
    """Start a command and kill it after a while, with every git it runs."""
    process = start(clone.path, *words, environ=clone.environ)
    time.sleep(delay_s)
    if process.poll() is None:
        for pid in (process.pid, *_descendants(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    finished(process)


def _descendants(pid: int) -> list[int]:
    """Return the processes started by one, all levels, from the kernel's list."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, check=True).stdout.split()
    parents = {int(child): int(parent) for child, parent in zip(listed[::2], listed[1::2], strict=True)}
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        below = [child for child, parent in parents.items() if parent == current]
        found += below
        waiting += below
    return found


def duration_s(clone: Clone, *words: str) -> float:
    begun = time.monotonic()
    assert finished(start(clone.path, *words, environ=clone.environ)).code == 0
    return time.monotonic() - begun


def check_leftovers(clone: Clone) -> None:
    """What is left behind is unreachable objects and views that nothing reads."""
    for repository in (clone, Clone(clone.path.parent / "remote.git", clone.environ)):
        assert "error" not in repository.git("fsck", "--no-dangling", "--connectivity-only")
    assert clone.git("status", "--porcelain", "--untracked-files=no") == ""


@pytest.fixture
def ada(tmp_path: Path) -> Clone:
    return shop(tmp_path, SMALL)


def test_a_promotion_that_was_killed_has_happened_or_not_and_runs_again(ada: Clone) -> None:
    new_version(ada, "One.")
    new_version(ada, "Two.")
    whole_s = duration_s(ada, "promote", "hello@1.0.0", "--to", "dev")
    chance = random.Random(SEED)
    for number in range(KILLS):
        target, other = f"1.{(number + 1) % 2}.0", f"1.{number % 2}.0"
        before = lock_of(ada, "dev")["sequence"]
        killed(ada, chance.uniform(0.1, 1.0) * whole_s, "promote", f"hello@{target}", "--to", "dev")
        lock = lock_of(ada, "dev")
        assert (serving(ada, "dev")["prompts/hello"], lock["sequence"]) in (
            (other, before),
            (target, before + 1),
        )
        ok(ada, "promote", f"hello@{target}", "--to", "dev")
        assert (serving(ada, "dev")["prompts/hello"], lock_of(ada, "dev")["sequence"]) == (target, before + 1)
    check_leftovers(ada)


def test_a_release_that_was_killed_has_happened_or_not_and_runs_again(ada: Clone) -> None:
    whole_s = duration_s(ada, "release", "hello")
    chance = random.Random(SEED + 1)
    for number in range(1, KILLS):
        publish(ada, {"prompts/hello.md": f"---\nname: hello\n---\nText {number}.\n"})
        killed(ada, chance.uniform(0.1, 1.0) * whole_s, "release", "hello", "--bump", "minor")
        (again,) = ok(ada, "release", "hello")["releases"]
        tag = shared(ada, f"refs/tags/prompts/hello/v{again['version']}")
        assert tag == again["tag_object"]
        tags = ada.git("ls-remote", "--tags", "--refs", "origin").splitlines()
        assert len(tags) == number + 1
    check_leftovers(ada)


def test_a_rollback_that_was_killed_has_happened_or_not(ada: Clone) -> None:
    for text in ("One.", "Two."):
        new_version(ada, text)
        ok(ada, "promote", "hello", "--to", "dev")
    chance = random.Random(SEED + 2)
    why = ("--env", "dev", "--to", "1.0.0", "--reason", "rude")
    for _ in range(KILLS):
        before = lock_of(ada, "dev")["sequence"]
        killed(ada, chance.uniform(0.1, 0.5), "rollback", "hello", *why)
        assert lock_of(ada, "dev")["sequence"] in (before, before + 1)
        ok(ada, "rollback", "hello", *why)
        lock = lock_of(ada, "dev")
        assert (serving(ada, "dev")["prompts/hello"], lock["sequence"]) == ("1.0.0", before + 1)
        assert len(lock["holds"]) == 1
        ok(ada, "unhold", "hello@1.1.0", "--env", "dev", "--reason", "again")
        ok(ada, "promote", "hello@1.1.0", "--to", "dev")
    check_leftovers(ada)
