from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote, make_repository

from promptctl.errors import LostRaceError
from promptctl.model.evidence import CaseResult, Experiment, name_of
from promptctl.store import evidence
from promptctl.store.environments import Person
from promptctl.store.refs import LocalRefs
from promptctl.store.repository import Repository

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ADA = Person("Ada", "ada@acme.example")
EXPERIMENT = Experiment(
    address="prompts/ask",
    digest="sha256:" + "a" * 64,
    suite="evals/ask",
    suite_digest="sha256:" + "b" * 64,
    dataset_sha256="c" * 64,
    provider="local",
    model_named="m",
    model_answered="m",
    live=1,
    cached=0,
    replayed=0,
    started="2026-11-22T10:00:00Z",
    cases=(CaseResult("c1", scores={"pass": (1.0,)}),),
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


@pytest.fixture
def remote(tmp_path: Path, environ: dict[str, str]) -> Clone:
    return make_remote(tmp_path / "remote.git", environ, {"README.md": "x\n"})


@pytest.fixture
def clone(tmp_path: Path, remote: Clone) -> Clone:
    return make_clone(remote, tmp_path / "ada", remote.environ)


@pytest.fixture
def repository(clone: Clone) -> Iterator[Repository]:
    with Repository.discover(clone.path, clone.environ) as opened:
        yield opened


def add(repository: Repository, *experiments: Experiment) -> tuple[str, ...]:
    return evidence.add(repository, experiments, person=ADA, now=NOW, pause=_pause)


def _pause(attempt: int) -> None:
    time.sleep(random.Random().uniform(0, 0.05 * min(attempt, 8)))


def test_a_statement_stands_under_its_own_hash_and_reads_back(repository: Repository, remote: Clone) -> None:
    (name,) = add(repository, EXPERIMENT)
    assert name == name_of(EXPERIMENT.to_bytes())
    listed = remote.git("ls-tree", "-r", "--name-only", "evidence").splitlines()
    assert listed == [f"evidence/prompts/ask/aaaaaaaaaaaa/{name}.json"]
    assert remote.git("show", f"evidence:{listed[0]}").encode() == EXPERIMENT.to_bytes()
    assert evidence.find(repository, "prompts/ask", EXPERIMENT.digest).experiments[0].experiment == EXPERIMENT


def test_another_clone_finds_it_once_it_has_fetched(
    repository: Repository, remote: Clone, tmp_path: Path
) -> None:
    add(repository, EXPERIMENT)
    other = make_clone(remote, tmp_path / "bob", remote.environ)
    other.git("update-ref", "-d", "refs/remotes/origin/evidence")
    with Repository.discover(other.path, other.environ) as theirs:
        assert evidence.find(theirs, "prompts/ask", EXPERIMENT.digest).experiments == ()
        theirs.refs.fetch(["refs/heads/evidence"])
        assert len(evidence.find(theirs, "prompts/ask", EXPERIMENT.digest).experiments) == 1


def test_statements_of_a_command_come_in_one_commit_on_top_of_the_others(
    repository: Repository, remote: Clone
) -> None:
    add(repository, EXPERIMENT)
    add(repository, replace(EXPERIMENT, live=2), replace(EXPERIMENT, address="prompts/other"))
    assert remote.git("rev-list", "--count", "evidence") == "2"
    assert len(remote.git("ls-tree", "-r", "--name-only", "evidence").splitlines()) == 3


def test_recording_the_same_again_changes_nothing(repository: Repository, remote: Clone) -> None:
    names = add(repository, EXPERIMENT)
    head = remote.git("rev-parse", "evidence")
    assert add(repository, EXPERIMENT) == names
    assert remote.git("rev-parse", "evidence") == head


def test_the_work_tree_and_index_stay_untouched(repository: Repository, clone: Clone) -> None:
    clone.write({"README.md": "edited\n", "new.txt": "n\n"})
    before = clone.git("status", "--porcelain")
    add(repository, EXPERIMENT)
    assert clone.git("status", "--porcelain") == before
    assert clone.git("branch", "--format=%(refname)") == "refs/heads/main"


def test_without_a_remote_the_branch_is_local(tmp_path: Path, environ: dict[str, str]) -> None:
    alone = make_repository(tmp_path / "alone", environ)
    alone.commit({"README.md": "x\n"})
    with Repository.discover(alone.path, environ) as repository:
        assert isinstance(repository.refs, LocalRefs)
        add(repository, EXPERIMENT)
        assert len(evidence.find(repository, "prompts/ask", EXPERIMENT.digest).experiments) == 1
    assert alone.git("rev-list", "--count", "evidence") == "1"


FASTER = """#!/bin/sh
parent=$(git rev-parse --verify --quiet "$1")
commit=$(git commit-tree ${parent:+-p "$parent"} -m faster "$(git mktree </dev/null)")
git update-ref "$1" "$commit"
"""


def test_a_writer_who_loses_every_race_gives_up_and_says_so(repository: Repository, remote: Clone) -> None:
    hook = remote.path / "hooks" / "update"
    hook.write_text(FASTER)
    hook.chmod(0o755)
    pauses: list[int] = []
    with pytest.raises(LostRaceError, match="in a row"):
        evidence.add(repository, [EXPERIMENT], person=ADA, now=NOW, pause=pauses.append)
    assert pauses == list(range(1, evidence.ATTEMPTS + 1))


WRITER = """
import os, random, sys, time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from promptctl.model.evidence import name_of, parse
from promptctl.store import evidence
from promptctl.store.environments import Person
from promptctl.store.repository import Repository

content = sys.stdin.buffer.read()
experiment = parse(content, sha256=name_of(content))
writer = int(sys.argv[2])
jitter = random.Random(writer)
with Repository.discover(Path(sys.argv[1]), os.environ) as repository:
    for number in range(2):
        evidence.add(
            repository,
            [replace(experiment, live=10 * writer + number)],
            person=Person("Ada", "ada@acme.example"),
            now=datetime(2026, 11, 22, tzinfo=UTC),
            pause=lambda attempt: time.sleep(jitter.uniform(0, 0.05 * min(attempt, 8))),
        )
"""


def test_writers_at_once_lose_nothing(remote: Clone, tmp_path: Path) -> None:
    clones = [make_clone(remote, tmp_path / f"w{index}", remote.environ) for index in range(6)]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(each.path), str(index)],
            env=dict(each.environ),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for index, each in enumerate(clones)
    ]
    said = [writer.communicate(EXPERIMENT.to_bytes(), timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 6, said
    assert len(remote.git("ls-tree", "-r", "--name-only", "evidence").splitlines()) == 12
    assert remote.git("rev-list", "--count", "--first-parent", "evidence") == "12"
