"""P1: `promptctl --help`, against a Python that imports click. Goal: at most 1.5 times."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import Case, Command, same

PROMPTCTL = Path(sys.executable).with_name("promptctl")


def cases() -> Iterator[Case]:
    """The installed command, as people start it."""
    floor = Command([sys.executable, "-c", "import click"])
    yield Case(
        "P1", "promptctl --help", 1.5, same(floor.run), same(Command([PROMPTCTL, "--help"]).run), rounds=21
    )
