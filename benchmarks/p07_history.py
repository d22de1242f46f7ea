"""P7: `promptctl history --offline` of one prompt on M. Goal: at most 1.5 times.

The floor is a bare click process that runs `git log` over the prompt's releases and over the environments.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import Case, Command, same
from benchmarks.registries import name, registry

PROMPTCTL = Path(sys.executable).with_name("promptctl")
FLOOR = Path(__file__).with_name("p07_floor.py")
ENVIRONMENTS = tuple(f"refs/remotes/origin/env/{each}" for each in ("dev", "staging", "prod"))


def cases() -> Iterator[Case]:
    """Twenty releases, and the changes of three environments."""
    with registry("M") as place:
        tags = f"refs/tags/prompts/{name(0)}"
        place.git("fetch", "--quiet", "--no-tags", "origin", f"{tags}/*:{tags}/*")
        newest = place.git(
            "for-each-ref", "--format=%(refname)", "--sort=-version:refname", "--count=1", tags
        )
        floor = Command([sys.executable, FLOOR, newest, *ENVIRONMENTS], place.clone, place.environ)
        ours = Command([PROMPTCTL, "history", name(0), "--offline"], place.clone, place.environ)
        yield Case("P7", "history of one prompt on M", 1.5, same(floor.run), same(ours.run), rounds=15)
