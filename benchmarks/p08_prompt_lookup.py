"""P8: `registry.prompt(name)`, warm, against a `dict` look-up behind one method call. Goal: ≤ 2 times."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.frame import Case, same
from benchmarks.serving import NAME, connected, fill_cache

LOOKUPS = 10_000


class _Bare:
    def __init__(self, prompts: dict[str, object]) -> None:
        self._prompts = prompts

    def prompt(self, name: str) -> object:
        return self._prompts[name]


def cases() -> Iterator[Case]:
    """Both sides do the same number of look-ups."""
    with tempfile.TemporaryDirectory() as directory:
        fill_cache(Path(directory))
        registry = connected(Path(directory))
    bare = _Bare({NAME: registry.prompt(NAME)})

    def floor() -> None:
        get = bare.prompt
        for _ in range(LOOKUPS):
            get(NAME)

    def ours() -> None:
        get = registry.prompt
        for _ in range(LOOKUPS):
            get(NAME)

    yield Case(
        "P8",
        "SDK: prompt(name), warm",
        2,
        same(floor),
        same(ours),
        loops=LOOKUPS,
        rounds=21,
        clock=time.process_time,
    )
