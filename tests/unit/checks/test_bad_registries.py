"""Every code has a small registry that is wrong in that way, and its whole output stands beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.registries import REGULAR, findings_text, source

from promptctl.checks.catalogue import CATALOGUE
from promptctl.services.validate import validate
from promptctl.store.files import from_work_tree
from promptctl.store.registry import read

BAD = Path(__file__).parents[2] / "data" / "bad"
CODES = sorted(each.name for each in BAD.iterdir() if each.is_dir())
_PIPELINE = source("promptctl.yaml", "environments:\n  - name: dev\n", mode=REGULAR)
_IN_MEMORY = {"PC004", "PC005", "PC006", "PC027", "PC028"}
"""What a checkout would change or what is too large to keep: in tests/unit/store."""
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


def test_every_code_of_the_catalogue_has_a_bad_example() -> None:
    assert set(CODES) | _IN_MEMORY | _OF_CHANGES == set(CATALOGUE)
