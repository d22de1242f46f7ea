"""Every code has a small registry that is wrong in that way, and its whole output stands beside it."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_IFIFO

import pytest
from helpers.registries import REGULAR, findings_text, source

from promptctl.checks.catalogue import CATALOGUE
from promptctl.services.validate import validate
from promptctl.store.files import from_work_tree
from promptctl.store.objects import SUBMODULE, SYMLINK
from promptctl.store.registry import read

BAD = Path(__file__).parents[2] / "data" / "bad"
CODES = sorted(each.name for each in BAD.iterdir() if each.is_dir())
_PIPELINE = source("promptctl.yaml", "environments:\n  - name: dev\n", mode=REGULAR)
_MEBIBYTE = 1024 * 1024
IN_MEMORY = {
    "PC004": [source("prompts/answer.md", "# system:\r\nBe kind.\r\n"), source("promptctl.yaml", "\r\n")],
    "PC005": [source("prompts/long.md", "a" * (_MEBIBYTE + 1))],
    "PC006": [
        source("prompts/link.md", "", mode=SYMLINK),
        source("guardrails/module", "", mode=SUBMODULE),
        source("evals/pipe.yaml", "", mode=S_IFIFO),
    ],
    "PC027": [source("rag_configs/deep.yaml", "metadata: " + "{a: " * 40 + "1" + "}" * 40 + "\n")],
    "PC028": [
        source("rag_configs/wide.yaml", "metadata:\n" + "".join(f"  k{at}: 1\n" for at in range(30_000)))
    ],
}
"""What a checkout would change, or what is too large to keep."""
_OF_CHANGES = {"PC160"}
"""What no single registry shows: in test_same_index.py."""


@pytest.mark.parametrize("code", CODES)
def test_a_bad_registry_gives_exactly_the_findings_beside_it(code: str) -> None:
    files = from_work_tree(BAD / code)
    if code != "PC113" and not any(each.path == "promptctl.yaml" for each in files):
        files = [*files, _PIPELINE]
    found = findings_text(validate(read(files)).findings)
    expected = BAD / code / "expected.txt"
    if os.environ.get("PROMPTCTL_UPDATE_SNAPSHOTS"):
        expected.write_text(found)
    assert code in found
    assert found == expected.read_text()


@pytest.mark.parametrize("code", sorted(IN_MEMORY))
def test_a_bad_registry_in_memory_gives_exactly_the_findings_beside_it(code: str) -> None:
    files = [each for each in IN_MEMORY[code] if each.path != "promptctl.yaml"]
    pipelines = [each for each in IN_MEMORY[code] if each.path == "promptctl.yaml"] or [_PIPELINE]
    found = findings_text(validate(read([*files, *pipelines])).findings)
    expected = BAD / f"{code}.txt"
    if os.environ.get("PROMPTCTL_UPDATE_SNAPSHOTS"):
        expected.write_text(found)
    assert found == expected.read_text()


@pytest.mark.parametrize("path", sorted([*BAD.glob("*/expected.txt"), *BAD.glob("*.txt")]), ids=str)
def test_every_finding_says_what_to_do(path: Path) -> None:
    lines = path.read_text().splitlines()
    hints = [line.startswith("    ") for line in lines]
    assert hints == [bool(at % 2) for at in range(len(lines))]


def test_every_code_of_the_catalogue_has_a_bad_example() -> None:
    assert set(CODES) | set(IN_MEMORY) | _OF_CHANGES == set(CATALOGUE)
