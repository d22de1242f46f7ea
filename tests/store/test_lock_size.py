"""A lock may grow far beyond a bundle; what changes an environment leaves half of the room to readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.repositories import hermetic_environ, make_repository

from promptctl.core.limits import LOAD, PUBLISH
from promptctl.core.lock import Hold, Lock
from promptctl.errors import IntegrityError, RefusedError
from promptctl.gitcmd import Git
from promptctl.model.promotion import Action, Promotion
from promptctl.sdk.git import _Objects
from promptctl.store import environments
from promptctl.store.environments import EnvironmentState, Person
from promptctl.store.objects import Objects

EMPTY = EnvironmentState("dev", None, Lock("dev"))


@pytest.fixture
def git(tmp_path: Path) -> Git:
    clone = make_repository(tmp_path / "repository", hermetic_environ(tmp_path / "home"))
    return Git(clone.path, environ=clone.environ)


@pytest.fixture
def objects(git: Git) -> Iterator[Objects]:
    with Objects(git) as opened:
        yield opened


def lock_of(size_bytes: int) -> Lock:
    room = size_bytes - len(Lock("dev").held(Hold("name", "prompts/a", "", "ada", "now")).to_bytes())
    return Lock("dev").held(Hold("name", "prompts/a", "x" * room, "ada", "now"))


def write(objects: Objects, lock: Lock, action: Action) -> str:
    promotion = Promotion(action, "ada@acme.example", "2026-01-05T09:00:00Z")
    person, now = Person("Ada", "ada@acme.example"), datetime(2026, 1, 5, 9, tzinfo=UTC)
    return environments.write(objects, EMPTY, lock, promotion, policy=None, person=person, now=now)


def test_a_promotion_may_use_half_of_what_is_read(objects: Objects) -> None:
    lock = lock_of(PUBLISH.lock_size_bytes)
    head = write(objects, lock, "promote")
    objects.flush()
    assert environments.read(objects, "dev", head).lock == lock
    assert environments.read_serving(objects, "dev", head).holds == lock.holds
    with pytest.raises(RefusedError, match="at most 33,554,432 are published") as refused:
        write(objects, lock_of(PUBLISH.lock_size_bytes + 1), "promote")
    assert "split the registry" in refused.value.hint


def test_a_rollback_is_not_stopped_by_the_size_of_what_serves(objects: Objects) -> None:
    assert write(objects, lock_of(LOAD.lock_size_bytes), "rollback")
    with pytest.raises(RefusedError, match="at most 67,108,864"):
        write(objects, lock_of(LOAD.lock_size_bytes + 1), "rollback")


def test_a_runtime_reads_as_much_and_no_more(git: Git) -> None:
    ids = [
        git.run("hash-object", "-w", "--stdin", stdin=b" " * (LOAD.lock_size_bytes + extra)).decode().strip()
        for extra in (0, 1)
    ]
    process = git.start("cat-file", "--batch")
    with process:
        objects = _Objects(process)
        assert len(objects.read(ids[0])[2]) == LOAD.lock_size_bytes
        with pytest.raises(IntegrityError, match="at most 67,108,864 are read"):
            objects.read(ids[1])
        process.kill()
