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
from helpers.experiments import experiment
from helpers.forging import Forger
from helpers.keys import Key, make_key, signs
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote, make_repository

from promptctl.errors import IntegrityError, LostRaceError, RefusedError
from promptctl.model.evidence import Experiment, name_of
from promptctl.model.statements import Approval
from promptctl.store import evidence
from promptctl.store.environments import Person
from promptctl.store.evidence_history import removed
from promptctl.store.refs import LocalRefs
from promptctl.store.repository import Repository
from promptctl.store.signers import Signer, Signers

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ADA = Person("Ada", "ada@acme.example")
EXPERIMENT = experiment("prompts/ask", "sha256:" + "a" * 64)


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
from promptctl.model.statements import Approval
from promptctl.store import evidence
from promptctl.store.environments import Person
from promptctl.store.repository import Repository
from promptctl.store.signers import Signers, signer_of

content = sys.stdin.buffer.read()
experiment = parse(content, sha256=name_of(content))
writer = int(sys.argv[2])
jitter = random.Random(writer)
with Repository.discover(Path(sys.argv[1]), os.environ) as repository:
    now = datetime(2026, 11, 22, 10, tzinfo=UTC)
    by, at = "ada@acme.example", "2026-11-22T10:00:00Z"
    approval = Approval(experiment.address, "1.0.0", experiment.digest, "prod", by, at, str(writer))
    evidence.add(
        repository,
        [replace(experiment, live=writer), approval],
        person=Person("Ada", by),
        now=now,
        pause=lambda attempt: time.sleep(jitter.uniform(0, 0.05 * min(attempt, 8))),
        signer=signer_of(repository, Signers(b"", b"", os.environ)),
    )
"""
WRITERS = 20


def test_twenty_writers_at_once_lose_nothing(remote: Clone, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    clones = [
        signs(make_clone(remote, tmp_path / f"w{index}", remote.environ), key) for index in range(WRITERS)
    ]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(each.path), str(index)],
            env=dict(each.environ),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for index, each in enumerate(clones)
    ]
    said = [writer.communicate(EXPERIMENT.to_bytes(), timeout=240)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * WRITERS, said
    assert remote.git("rev-list", "--count", "--first-parent", "evidence") == str(WRITERS)
    assert len(remote.git("ls-tree", "-r", "--name-only", "evidence").splitlines()) == 4 * WRITERS
    reader = make_clone(remote, tmp_path / "reader", remote.environ)
    with Repository.discover(reader.path, reader.environ) as repository:
        signers = Signers(key.line("ada@acme.example").encode(), b"", remote.environ)
        found = evidence.find(repository, EXPERIMENT.address, EXPERIMENT.digest, signers, now=NOW)
        assert {each.experiment.live for each in found.experiments} == set(range(WRITERS))
        assert {each.statement.reason for each in found.approvals} == set(map(str, range(WRITERS)))
        assert {each.signer for each in (*found.experiments, *found.approvals)} == {"ada@acme.example"}
        assert found.unsound == ()
        head = repository.refs.read("refs/heads/evidence")
        assert head is not None
        assert removed(repository, head) == ()


APPROVAL = Approval(
    "prompts/ask", "1.0.0", EXPERIMENT.digest, "prod", "ada@acme.example", "2026-11-22T10:00:00Z"
)


def test_statements_of_several_kinds_come_in_one_push_with_their_signatures(
    repository: Repository, remote: Clone, tmp_path: Path
) -> None:
    signer = _signer(repository, make_key(tmp_path / "key"))
    names = evidence.add(repository, [EXPERIMENT, APPROVAL], person=ADA, now=NOW, pause=_pause, signer=signer)
    assert names == (name_of(EXPERIMENT.to_bytes()), name_of(APPROVAL.to_bytes()))
    folder = evidence.folder_of("prompts/ask", EXPERIMENT.digest)
    listed = remote.git("ls-tree", "-r", "--name-only", "evidence").splitlines()
    assert listed == sorted(f"{folder}/{name}.json{ending}" for name in names for ending in ("", ".sig"))
    assert remote.git("rev-list", "--count", "evidence") == "1"


def test_the_signature_that_is_there_stays_and_one_that_is_missing_is_added(
    repository: Repository, remote: Clone, tmp_path: Path
) -> None:
    one, two = (make_key(tmp_path / each) for each in ("one", "two"))
    for key in (None, one, two):
        signer = _signer(repository, key) if key else None
        evidence.add(repository, [EXPERIMENT], person=ADA, now=NOW, pause=_pause, signer=signer)
    assert remote.git("rev-list", "--count", "evidence") == "2"
    head = repository.refs.read("refs/heads/evidence")
    assert head is not None
    assert removed(repository, head) == ()
    assert _counted(repository, one) == ["ada@acme.example"]
    assert _counted(repository, two) == []


def test_bytes_that_were_edited_under_the_name_of_a_statement_are_never_taken_for_it(
    repository: Repository, clone: Clone
) -> None:
    (name,) = add(repository, EXPERIMENT)
    forger = Forger(clone, "refs/remotes/origin/evidence")
    forger.commit({f"{evidence.folder_of('prompts/ask', EXPERIMENT.digest)}/{name}.json": b"edited"})
    clone.git("push", "--quiet", "origin", "refs/remotes/origin/evidence:refs/heads/evidence")
    with pytest.raises(IntegrityError, match="other bytes stand under the name"):
        add(repository, EXPERIMENT)


def test_what_nobody_would_count_is_not_pushed(repository: Repository, remote: Clone, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    for allowed, reason in (
        (b"", "nobody among the allowed signers"),
        (key.line("ada@acme.example", 'valid-before="20200101Z"').encode(), "expired"),
        (key.line("bob@acme.example").encode(), "it says that it is by ada@acme.example"),
    ):
        signers = Signers(allowed, b"", remote.environ)
        with pytest.raises(RefusedError, match=reason):
            evidence.add(
                repository,
                [APPROVAL],
                person=ADA,
                now=NOW,
                pause=_pause,
                signer=_signer(repository, key),
                signers=signers,
            )
    assert not remote.git("for-each-ref", "refs/heads/evidence")


def test_a_statement_is_found_by_the_first_digits_of_its_name_wherever_it_stands(
    repository: Repository,
) -> None:
    other = replace(EXPERIMENT, address="prompts/deep/er", digest="sha256:" + "d" * 64)
    names = add(repository, EXPERIMENT, other, APPROVAL)
    assert list(evidence.locate(repository, "")) == sorted(names)
    assert evidence.locate(repository, names[1][:10]) == {
        names[1]: ("evidence/prompts/deep/er/dddddddddddd",),
    }
    assert evidence.read(repository, names[1], ["evidence/prompts/deep/er/dddddddddddd"]) == other
    assert evidence.read(repository, names[2], evidence.locate(repository, names[2])[names[2]]) == APPROVAL


def test_a_copy_in_the_wrong_folder_is_not_what_a_name_means(repository: Repository, clone: Clone) -> None:
    (name,) = add(repository, EXPERIMENT)
    wrong = f"evidence/prompts/a/{'0' * 12}"
    forger = Forger(clone, "refs/remotes/origin/evidence")
    forger.commit({f"{wrong}/{name}.json": EXPERIMENT.to_bytes(), f"{wrong}/{'e' * 64}.json": b"no"})
    with Repository.discover(clone.path, clone.environ) as later:
        located = evidence.locate(later, "")
        assert located[name] == (wrong, evidence.folder_of("prompts/ask", EXPERIMENT.digest))
        assert evidence.read(later, name, located[name]) == EXPERIMENT
        with pytest.raises(IntegrityError, match="is not sound"):
            evidence.read(later, name, [wrong])
        with pytest.raises(IntegrityError, match="is not sound"):
            evidence.read(later, "e" * 64, [wrong])


def _signer(repository: Repository, key: Key) -> Signer:
    return Signer("ada@acme.example", str(key), key.public, is_known=True, environ=repository.git.environ)


def _counted(repository: Repository, key: Key) -> list[str | None]:
    signers = Signers(key.line("ada@acme.example").encode(), b"", repository.git.environ)
    found = evidence.find(repository, "prompts/ask", EXPERIMENT.digest, signers, now=NOW)
    return [each.signer for each in found.experiments]
