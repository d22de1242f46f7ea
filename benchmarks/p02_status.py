"""P2: `promptctl status --offline` on M. Goal: at most 1.5 times.

The floor is a bare click process that reads locks and pipelines with one `git cat-file --batch`, and the
names of the evidence with one `git ls-tree`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import Case, Command, same
from benchmarks.registries import registry

PROMPTCTL = Path(sys.executable).with_name("promptctl")
FLOOR = Path(__file__).with_name("p02_floor.py")


def cases() -> Iterator[Case]:
    """500 prompts in three environments, all of them waiting for one."""
    with registry("M") as place:
        floor = Command([sys.executable, FLOOR, "dev", "staging", "prod"], place.clone, place.environ)
        ours = Command([PROMPTCTL, "status", "--offline"], place.clone, place.environ)
        yield Case("P2", "status --offline on M", 1.5, same(floor.run), same(ours.run), rounds=15)
