"""P6: `promote` and `rollback` on S, M and L with a local remote. Goal: at most 2 times.

The floor is a click process that imports pydantic and ruamel.yaml, fetches, writes a commit of the same shape
and pushes it with a lease. Ours minus the floor must not grow with the number of releases: S20 is S with
twenty times as many. Every round moves another prompt to `prod`, and then back.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import Case, Command, Work
from benchmarks.registries import SIZES, Place, name, registry

PROMPTCTL = Path(sys.executable).with_name("promptctl")
FLOOR = Path(__file__).with_name("p06_floor.py")


def cases() -> Iterator[Case]:
    """A promotion of each round's prompt, then, on the same registry, its rollback."""
    for size in SIZES:
        with registry(size) as place:
            _give_the_floor_its_branch(place)
            yield _case(place, f"promote on {size}", "promote", "--to", "prod")
            yield _case(place, f"rollback on {size}", "rollback", "--env", "prod", "--reason", "measured")


def _give_the_floor_its_branch(place: Place) -> None:
    place.git("update-ref", "refs/heads/floor/prod", "refs/heads/env/prod", directory=place.remote)
    place.git("update-ref", "refs/remotes/origin/floor/prod", "refs/remotes/origin/env/prod")


def _case(place: Place, what: str, verb: str, *words: str) -> Case:
    def floor(number: int) -> Work:
        release = "refs/remotes/origin/env/dev:releases/prompts/" + name(number)
        return Command([sys.executable, FLOOR, name(number), release], place.clone, place.environ).run

    def ours(number: int) -> Work:
        return Command([PROMPTCTL, verb, name(number), *words], place.clone, place.environ).run

    return Case("P6", what, 2, floor, ours)
