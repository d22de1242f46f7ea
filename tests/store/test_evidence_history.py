"""The evidence branch only grows: what was taken away is found in its history, wherever it was done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.forging import Forger, place
from helpers.repositories import Clone, hermetic_environ, make_clone, make_remote, make_repository

from promptctl.errors import IntegrityError
from promptctl.model.statements import Approval
from promptctl.store import evidence
from promptctl.store.environments import Person
from promptctl.store.evidence_history import removed
from promptctl.store.repository import Repository

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ADA = Person("Ada", "ada@acme.example")
APPROVAL = Approval(
    "prompts/ask", "1.0.0", "sha256:" + "a" * 64, "prod", "ada@acme.example", "2026-11-22T10:00:00Z"
)
FILE = f"{place(APPROVAL)}.json"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


@pytest.fixture
def repository(tmp_path: Path, environ: dict[str, str]) -> Iterator[Repository]:
    alone = make_repository(tmp_path / "alone", environ)
    alone.commit({"README.md": "x\n"})
    with Repository.discover(alone.path, environ) as opened:
        yield opened


@pytest.fixture
def forger(repository: Repository, environ: dict[str, str]) -> Forger:
    return Forger(Clone(repository.layout.root, environ))


def add(repository: Repository, *statements: Approval) -> str:
    """Record as promptctl does; return the head."""
    evidence.add(repository, statements, person=ADA, now=NOW, pause=lambda _: None)
    head = repository.refs.read("refs/heads/evidence")
    assert head is not None
    return head


def said(reason: str) -> Approval:
    return replace(APPROVAL, reason=reason)


def test_what_promptctl_writes_loses_nothing(repository: Repository) -> None:
    for number in range(3):
        head = add(repository, said(f"a{number}"), said(f"b{number}"))
    assert removed(repository, head) == ()


def test_a_deleted_statement_is_named_with_the_commit_that_did_it(
    repository: Repository, forger: Forger
) -> None:
    add(repository, APPROVAL, said("stays"))
    commit = forger.commit({FILE: None})
    head = add(repository, said("later"))
    (loss,) = removed(repository, head)
    assert (loss.code, loss.commit, loss.path) == ("statement-deleted", commit, FILE)
    assert commit[:12] in loss.message


def test_a_statement_that_was_brought_back_had_been_deleted(repository: Repository, forger: Forger) -> None:
    add(repository, APPROVAL)
    forger.commit({FILE: None})
    head = add(repository, APPROVAL)
    assert [each.code for each in removed(repository, head)] == ["statement-deleted"]


@pytest.mark.parametrize(
    "content", [b"other bytes", ("100755", APPROVAL.to_bytes()), ("120000", b"elsewhere")]
)
def test_a_rewritten_statement_is_named(
    repository: Repository, forger: Forger, content: bytes | tuple[str, bytes | str]
) -> None:
    add(repository, APPROVAL)
    commit = forger.commit({FILE: content})
    (loss,) = removed(repository, commit)
    assert (loss.code, loss.commit, loss.path) == ("statement-rewritten", commit, FILE)


def test_a_signature_is_part_of_it(repository: Repository, forger: Forger) -> None:
    add(repository, APPROVAL)
    forger.commit({f"{FILE}.sig": b"one"})
    forger.commit({f"{FILE}.sig": b"two"})
    head = forger.commit({f"{FILE}.sig": None})
    assert [each.code for each in removed(repository, head)] == ["statement-deleted", "statement-rewritten"]


def test_a_whole_tree_that_was_emptied_names_every_statement(repository: Repository, forger: Forger) -> None:
    head = add(repository, *(said(str(number)) for number in range(5)))
    empty = forger.clone.git("hash-object", "-t", "tree", "-w", "--stdin", stdin=b"")
    commit = forger.commit({}, on=empty, parents=(head,))
    assert [each.code for each in removed(repository, commit)] == ["statement-deleted"] * 5


def test_a_merge_is_named_and_hides_nothing(repository: Repository, forger: Forger) -> None:
    before = add(repository, APPROVAL)
    after = add(repository, said("lost by the merge"))
    side = forger.commit({"evidence/x": b"x"}, on=before, parents=(before,))
    merge = forger.commit({}, on=side, parents=(side, after))
    losses = removed(repository, merge)
    assert {each.code for each in losses} == {"evidence-merged", "statement-deleted"}
    assert f"{place(said('lost by the merge'))}.json" in {each.path for each in losses}


def test_a_path_that_would_write_on_the_screen_does_not(repository: Repository, forger: Forger) -> None:
    forger.commit({"evidence/\x1b[31m\n::error::x": b"x"})
    head = forger.commit({"evidence/\x1b[31m\n::error::x": None})
    (loss,) = removed(repository, head)
    assert not {"\x1b", "\n"} & set(loss.message)


def test_a_history_whose_beginning_is_not_here_is_no_proof(tmp_path: Path, environ: dict[str, str]) -> None:
    remote = make_remote(tmp_path / "remote.git", environ, {"README.md": "x\n"})
    ada = make_clone(remote, tmp_path / "ada", environ)
    with Repository.discover(ada.path, environ) as theirs:
        for number in range(3):
            add(theirs, said(str(number)))
    Clone(tmp_path, environ).git(
        "clone", "--quiet", "--depth=1", "--no-single-branch", remote.path.as_uri(), "shallow"
    )
    with Repository.discover(tmp_path / "shallow", environ) as shallow:
        head = shallow.refs.read("refs/heads/evidence")
        assert head is not None
        assert [each.code for each in removed(shallow, head)] == ["evidence-cut"]


COUNTING = """#!/bin/sh
echo "$$" >> "{log}"
exec "{git}" "$@"
"""


def test_any_history_is_walked_by_the_same_few_processes(
    repository: Repository, environ: dict[str, str], tmp_path: Path
) -> None:
    log, git = tmp_path / "log", tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(COUNTING.format(log=log, git=shutil.which("git")))
    git.chmod(0o755)
    counting = {**environ, "PATH": f"{git.parent}{os.pathsep}{environ['PATH']}"}
    counts = []
    for length in (2, 20):
        for number in range(length):
            head = add(repository, said(f"{length} {number}"))
        with Repository.discover(repository.layout.root, counting) as counted:
            started = len(log.read_text().splitlines())
            assert removed(counted, head) == ()
            counts.append(len(log.read_text().splitlines()) - started)
    assert counts == [3, 3]


@pytest.fixture
def two(tmp_path: Path, environ: dict[str, str]) -> Iterator[tuple[Forger, Repository]]:
    """Somebody who may force-push `evidence`, and a clone that has seen two commits of it."""
    remote = make_remote(tmp_path / "remote.git", environ, {"README.md": "x\n"})
    eve = make_clone(remote, tmp_path / "eve", environ)
    ada = make_clone(remote, tmp_path / "ada", environ)
    with Repository.discover(ada.path, environ) as theirs:
        for each in (APPROVAL, said("second")):
            add(theirs, each)
        eve.git("fetch", "--quiet", "origin", "evidence:evidence")
        yield Forger(eve), theirs


@pytest.mark.parametrize("how", ["squashed", "rewound", "emptied"])
def test_a_forced_push_is_refused_by_whoever_saw_more(two: tuple[Forger, Repository], how: str) -> None:
    forger, theirs = two
    if how == "rewound":
        forger.clone.git("update-ref", forger.head, "evidence~1")
    else:
        empty = forger.clone.git("hash-object", "-t", "tree", "-w", "--stdin", stdin=b"")
        forger.commit({}, on="evidence" if how == "squashed" else empty, parents=())
    forger.clone.git("push", "--quiet", "--force", "origin", "evidence")
    with pytest.raises(IntegrityError, match="changed what may not change"):
        theirs.refs.fetch(["refs/heads/evidence"])
    with pytest.raises(IntegrityError, match="changed what may not change"):
        add(theirs, said("third"))
    found = evidence.locate(theirs, "")
    assert len(found) == 2
