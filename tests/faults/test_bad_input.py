"""Whatever stands in a file: no traceback, bounded time and memory, and every finding has a place (R5)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.bad_input import CPU_S, MEMORY_MIB
from helpers.bombs import BOMBS, PIPELINE
from helpers.measured import Measured, measured
from helpers.repositories import hermetic_environ, make_repository
from helpers.soak import IS_SOAK, examples

TESTS = Path(__file__).parents[1]
BLOCK = 100


# --- mutants ----------------------------------------------------------------------------------------------


def mutants(sort: str, first: int, count: int) -> list[dict[str, Any]]:
    """Try so many mutants in a process of their own; return what came of each."""
    done = subprocess.run(
        [sys.executable, "-m", "helpers.bad_input", sort, str(first), str(count)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        cwd=TESTS.parent,
        capture_output=True,
        check=False,
        timeout=600,
    )
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    last = outcomes[-1] if outcomes else {}
    assert done.returncode == 0, f"{sort} {first}, after {last}: {done.stderr.decode()[-2000:]}"
    return outcomes


@pytest.mark.parametrize("sort", ["bytes", "grammar"])
def test_a_mutated_file_ends_in_findings_with_places_soon_and_in_little_memory(
    sort: str, reached: Callable[[str], None]
) -> None:
    count = examples(150, 5_000)
    blocks = [(first, min(BLOCK, count - first)) for first in range(0, count, BLOCK)]
    outcomes = [each for first, size in blocks for each in mutants(sort, first, size)]
    wrong = [f"{sort} {each['seed']} {each['number']}: {each}" for each in outcomes if each["problems"]]
    assert not wrong, "\n".join(wrong[:20])
    reached(f"R5: {report(sort, outcomes)}")
    assert len(outcomes) == count
    assert len({code for each in outcomes for code in each["codes"]}) > 20
    assert any(each["is_loaded"] for each in outcomes)


def report(sort: str, outcomes: list[dict[str, Any]]) -> str:
    """Return the figures of a run."""
    slowest = max(outcomes, key=lambda each: each["cpu_s"])
    largest = max(outcomes, key=lambda each: each["peak_mib"])
    kinds = Counter(each["path"].partition("/")[0] for each in outcomes)
    return (
        f"{sort}: {len(outcomes):,} mutants, {sum(each['is_refused'] for each in outcomes):,} refused,"
        f" {sum(each['is_loaded'] for each in outcomes):,} loaded as a runtime does;"
        f" slowest {slowest['cpu_s']:.2f} s ({slowest['slowest']},"
        f" seed {slowest['seed']}/{slowest['number']}),"
        f" most memory {largest['peak_mib']:.0f} MiB (seed {largest['seed']}/{largest['number']});"
        f" {len({code for each in outcomes for code in each['codes']})} codes, {len(kinds)} kinds of files"
    )


# --- bombs ------------------------------------------------------------------------------------------------


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return hermetic_environ(tmp_path / "home")


def check(done: Measured, code: str) -> None:
    assert "Traceback" not in done.stderr
    assert done.code in (0, 1, 4), done.stderr
    findings = done.json.get("findings", [])
    if code:
        assert done.code == 1
        assert code in {each["code"] for each in findings}, findings[:3]
    assert len(done.stdout) < 100_000
    assert done.cpu_s < CPU_S, f"{done.cpu_s:.2f} s"
    assert done.peak_mib < MEMORY_MIB, f"{done.peak_mib:.0f} MiB"


@pytest.mark.parametrize("name", [each for each in BOMBS if IS_SOAK or "100 MB" in each or "aliases" in each])
def test_a_bomb_is_refused_before_it_costs_anything(
    name: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    make, code = BOMBS[name]
    clone = make_repository(tmp_path / "registry", environ)
    clone.commit({"promptctl.yaml": PIPELINE, **make()})
    check(measured(clone.path, environ, "validate", "--no-cache", "-o", "json"), code)
    check(measured(clone.path, environ, "validate", "--no-cache", "--at", "HEAD", "-o", "json"), code)


def test_all_that_reads_files_takes_every_bomb_in_one_process() -> None:
    codes = {name: code for name, (_, code) in BOMBS.items() if "100 MB" not in name}
    outcomes = mutants("bombs", 0, len(codes))
    wrong = {each["how"]: each["problems"] for each in outcomes if each["problems"]}
    assert not wrong
    missing = [each["how"] for each in outcomes if codes[each["how"]] not in ["", *each["codes"]]]
    assert (missing, len(outcomes)) == ([], len(codes))


# --- bombs that only git can hold -------------------------------------------------------------------------


def _nested_trees(git: Callable[..., str]) -> str:
    """Ten levels of folders, each ten times the same one: ten thousand million files, in eleven objects."""
    oid, mode = git("hash-object", "-w", "--stdin", stdin=b"Hello\n"), "100644 blob"
    for _ in range(10):
        lines = "".join(f"{mode} {oid}\ta{at}{'.md' * (mode != '040000 tree')}\n" for at in range(10))
        oid, mode = git("mktree", stdin=lines.encode()), "040000 tree"
    return oid


def _deep_trees(git: Callable[..., str]) -> str:
    """A path of 2,000 folders."""
    oid, mode, name = git("hash-object", "-w", "--stdin", stdin=b"Hello\n"), "100644 blob", "a.md"
    for _ in range(300):
        oid, mode, name = git("mktree", stdin=f"{mode} {oid}\t{name}\n".encode()), "040000 tree", "a" * 20
    return oid


def _long_name(git: Callable[..., str]) -> str:
    blob = git("hash-object", "-w", "--stdin", stdin=b"Hello\n")
    return git("mktree", stdin=f"100644 blob {blob}\t{'a' * 4_096}.md\n".encode())


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (_nested_trees, 4, "more than 200,000 files"),
        (_deep_trees, 1, "a name has 1 to 100 characters"),
        (_long_name, 1, "a name has 1 to 100 characters"),
    ],
)
def test_a_bomb_of_trees_is_refused_where_a_commit_is_read(
    make: Callable[[Callable[..., str]], str], code: int, words: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    clone = make_repository(tmp_path / "registry", environ)
    clone.commit({"promptctl.yaml": PIPELINE})
    top = clone.git("ls-tree", "HEAD") + f"\n040000 tree {make(clone.git)}\tprompts\n"
    commit = clone.git("commit-tree", clone.git("mktree", stdin=top.encode()), "-m", "x")
    done = measured(clone.path, environ, "validate", "--no-cache", "--at", commit, "-o", "json")
    check(done, "")
    assert done.code == code
    assert words in done.stdout
