"""SIGKILL while the remote moves a ref, and at random points: it is old or new, and a second run finishes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.repositories import Clone
from helpers.shop import SMALL, finished, lock_of, new_version, ok, serving, shared, shop, start

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


def killed_after(clone: Clone, delay_s: float, *words: str) -> bool:
    """Start a command and kill it after a while, with every git it runs; return whether it still ran."""
    process = start(clone.path, *words, environ=clone.environ)
    time.sleep(delay_s)
    if process.poll() is None:
        for pid in (process.pid, *_descendants(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return finished(process).code == -signal.SIGKILL


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


def test_a_promotion_killed_at_any_moment_has_happened_or_not_and_runs_again(ada: Clone) -> None:
    new_version(ada, "One.")
    new_version(ada, "Two.")
    whole_s = duration_s(ada, "promote", "hello@1.0.0", "--to", "dev")
    chance = random.Random(SEED)
    landed = 0
    for number in range(4):
        target, other = f"1.{(number + 1) % 2}.0", f"1.{number % 2}.0"
        before = lock_of(ada, "dev")["sequence"]
        delay_s = chance.uniform(0.1, 0.9) * whole_s
        landed += killed_after(ada, delay_s, "promote", f"hello@{target}", "--to", "dev")
        lock = lock_of(ada, "dev")
        old, new = (other, before), (target, before + 1)
        assert (serving(ada, "dev")["prompts/hello"], lock["sequence"]) in (old, new)
        ok(ada, "promote", f"hello@{target}", "--to", "dev")
        assert (serving(ada, "dev")["prompts/hello"], lock_of(ada, "dev")["sequence"]) == new
    assert landed, "not one kill came while the command ran"
    check_leftovers(ada)
