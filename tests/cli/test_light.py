"""What only reads locks and tags answers at once: it loads no library that checking files needs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from helpers.cli import Desk

HEAVY = ("pydantic", "ruamel", "git", "deepdiff", "rich", "aiohttp", "jsonschema")
PROGRAM = """
import sys
from promptctl.cli.main import run
code = run(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
raise SystemExit(code)
"""


def loaded(desk: Desk, *words: str) -> set[str]:
    """Run a command that succeeds; return the modules that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=desk.path,
        env=dict(desk.clone.environ),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("status", "--offline"),
        ("status", "--offline", "-o", "json"),
        ("history", "greeting"),
        ("history", "--env", "dev"),
        ("blame", "--env", "dev", "--at", "2999-01-01"),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(desk: Desk, words: tuple[str, ...]) -> None:
    modules = loaded(desk, *words)
    assert "click" in modules
    assert not modules & set(HEAVY)


def test_history_loads_no_kinds(desk: Desk) -> None:
    modules = loaded(desk, "history", "greeting")
    assert not {
        each for each in modules if each.startswith(("promptctl.model.registry", "promptctl.core.kinds"))
    }


def test_status_loads_no_model(desk: Desk) -> None:
    modules = loaded(desk, "status", "--offline")
    assert not {each for each in modules if each.startswith(("promptctl.model", "promptctl.core.kinds"))}


def test_history_of_a_release_reads_records_and_loads_no_locks_or_bundles(desk: Desk) -> None:
    modules = loaded(desk, "history", "greeting", "--offline")
    assert not modules & {"promptctl.core.lock", "promptctl.core.bundle", "hashlib"}
