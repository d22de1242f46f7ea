"""P8: `registry.prompt(name)`, warm, against a `dict` look-up behind one method call. Goal: at most 2 times.

Both callables do the same number of look-ups.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.serving import NAME, connected, fill_cache

LOOKUPS = 10_000


class _Bare:
    def __init__(self, prompts: dict[str, object]) -> None:
        self._prompts = prompts

    def prompt(self, name: str) -> object:
        return self._prompts[name]


with tempfile.TemporaryDirectory() as _directory:
    fill_cache(Path(_directory))
    _registry = connected(Path(_directory))
_bare = _Bare({NAME: _registry.prompt(NAME)})


def floor() -> None:
    get = _bare.prompt
    for _ in range(LOOKUPS):
        get(NAME)


def ours() -> None:
    get = _registry.prompt
    for _ in range(LOOKUPS):
        get(NAME)
