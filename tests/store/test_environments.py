"""Environments as trees: what is kept, what is read back, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers import golden
from helpers.repositories import Clone, hermetic_environ, make_repository

from promptctl.core.lock import Lock
from promptctl.errors import IntegrityError
from promptctl.gitcmd import Git
from promptctl.model.promotion import Promotion
from promptctl.store import environments
from promptctl.store.environments import EnvironmentState, Person
from promptctl.store.objects import REGULAR, Objects


@pytest.fixture
def repository(tmp_path: Path) -> Clone:
    return make_repository(tmp_path / "repository", hermetic_environ(tmp_path / "home"))


@pytest.fixture
def objects(repository: Clone) -> Iterator[Objects]:
    with Objects(Git(repository.path, environ=repository.environ)) as opened:
        yield opened


def commit_of(objects: Objects, files: dict[str, bytes]) -> str:
    tree = environments.write_tree(
        objects, {path: (REGULAR, objects.write_blob(each)) for path, each in files.items()}
    )
    commit = objects.write_commit(
        f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n".encode()
    )
    objects.flush()
    return commit


def test_what_was_written_is_read_back(objects: Objects) -> None:
    head = golden.environment(objects)
    objects.flush()
    state = environments.read(objects, "dev", head)
    assert (state.head, state.lock.sequence) == (head, 3)
    assert state.lock.to_bytes() == (golden.GOLDEN / "lock.json").read_bytes()
    promotion = environments.read_promotion(objects, head)
    assert promotion.to_bytes() == (golden.GOLDEN / "promotion.json").read_bytes()


def test_without_a_new_policy_the_one_of_the_head_stays(objects: Objects) -> None:
    golden.environment(objects)
    head = golden.environment(objects)
    objects.flush()
    state = environments.read(objects, "dev", head)
    promotion = Promotion("hold", "ada@acme.example", golden.AT)
    after = environments.write(
        objects, state, state.lock, promotion, policy=None, person=golden.ADA, now=golden.NOW
    )
    objects.flush()
    kept = [objects.tree(f"{each}:policy") for each in (head, after)]
    assert kept[0] == kept[1]
    assert [each.name for each in kept[0] or ()] == ["allowed_signers", "pipeline.json", "promptctl.yaml"]


def test_an_environment_without_a_head_is_empty(objects: Objects) -> None:
    assert environments.read(objects, "dev", None) == EnvironmentState("dev", None, Lock("dev"))


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{}", b"[]", b"null", b"\xff", b'{"schema":"promptctl.lock/v2"}', b"[" * 100_000],
)
def test_a_lock_that_cannot_be_read_is_refused(objects: Objects, content: bytes | None) -> None:
    head = commit_of(objects, {"README.md": b"x"} if content is None else {"lock.json": content})
    with pytest.raises(IntegrityError):
        environments.read(objects, "dev", head)
    with pytest.raises(IntegrityError):
        environments.read_promotion(objects, head)


def test_the_lock_of_another_environment_is_refused(objects: Objects) -> None:
    head = golden.environment(objects)
    objects.flush()
    with pytest.raises(IntegrityError, match="another environment"):
        environments.read(objects, "prod", head)


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"{}", b'{"schema":"promptctl.pipeline/v1"}'])
def test_a_kept_pipeline_that_cannot_be_read_is_none(objects: Objects, content: bytes | None) -> None:
    files = {"lock.json": b"x"} | ({"policy/pipeline.json": content} if content is not None else {})
    assert environments.read_pipeline(objects, commit_of(objects, files)) is None


def test_a_person_cannot_write_other_lines_into_a_commit() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC)
    line = Person("A\nparent 0 <x>", "a@b>\ncommitter c").line(now)
    assert line == b"Aparent 0 x <a@bcommitter c> 1767323045 +0000"
    assert Person("", "").line(now).startswith(b"unknown <unknown> ")
