"""P3: `promptctl validate` of a commit of L with nothing known of it. Goal: at most 3 times.

The floor is one process that reads all blobs with one `git cat-file --batch`, runs ruamel's C parser over
what is YAML and json's over the lines of datasets, and looks once for secrets.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import Case, Command, same
from benchmarks.registries import files

PROMPTCTL = Path(sys.executable).with_name("promptctl")
FLOOR = Path(__file__).with_name("p03_floor.py")


def cases() -> Iterator[Case]:
    """10,000 artifacts, half of them prompts, with 30,000 cases of datasets."""
    with files("L") as place:
        floor = Command([sys.executable, FLOOR, "main"], place.clone, place.environ)
        ours = Command([PROMPTCTL, "validate", "--at", "main", "--no-cache"], place.clone, place.environ)
        yield Case("P3", "validate cold on L", 3.0, same(floor.run), same(ours.run))
