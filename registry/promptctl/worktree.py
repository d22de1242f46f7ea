"""The runtime's view of files that are being edited: `promptctl.connect(".", environment="worktree")`.

Bundles are built straight from the files, by the CLI's own reader. It looks like an environment in which
everything is version 0.0.0. Loaded only when asked for: the runtime itself needs none of this.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from promptctl.core.environment import LOCK, Tree, bundle_path
from promptctl.core.lock import Lock, Pin
from promptctl.core.names import FOLDERS, tag_of
from promptctl.core.versions import Version
from promptctl.errors import PromptctlError, StoppedError, UsageError
from promptctl.model.bundle import BuiltBundle, build
from promptctl.model.registry import Registry
from promptctl.store import registry as registries
from promptctl.store.files import PIPELINE, from_work_tree

VERSION = "0.0.0"


class Worktree:
    """The registry at `root`. A prompt that does not pass keeps what it last was, with a warning."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)
        self._built: dict[str, BuiltBundle] = {}
        self._sequence = 0

    def head(self, environment: str, deadline: float) -> str:  # noqa: ARG002 - a source like any other
        """Return a hash of the paths, sizes and times of all files."""
        states = sorted((str(path), state.st_size, state.st_mtime_ns) for path, state in _states(self._root))
        return hashlib.sha256(repr(states).encode(errors="surrogateescape")).hexdigest()

    def environment(self, environment: str, deadline: float) -> Tree:
        """Return what an environment with everything in the files would hold.

        Raises `StoppedError` where no prompt can be built, `UsageError` where there is none.
        """
        head = self.head(environment, deadline)
        registry = registries.read(from_work_tree(self._root))
        problems = self._build(registry)
        if not self._built:
            if problems:
                raise StoppedError(problems[0], hint="promptctl validate")
            raise UsageError(f"{self._root} has no prompts", hint="promptctl init")
        self._sequence += 1
        lock = Lock(environment, self._sequence, {name: _pin(each) for name, each in self._built.items()})
        bundles = {bundle_path(name): each.content for name, each in self._built.items()}
        return Tree(head, {LOCK: lock.to_bytes(), **bundles}, tuple(problems))

    def _build(self, registry: Registry) -> list[str]:
        addresses = [each for each in registry.paths if each.startswith("prompts/")]
        built, problems = {}, []
        for address in addresses:
            try:
                built[address] = build(registry, address)
            except PromptctlError as error:
                problems.append(f"{address}: {error.message}")
        self._built = {
            each: built.get(each) or self._built[each]
            for each in addresses
            if each in built or each in self._built
        }
        return problems


def _pin(built: BuiltBundle) -> Pin:
    """A pin of what was never released: no commit has it, and it serves since for ever."""
    tag = tag_of(built.address, Version.parse(VERSION))
    nowhere = "0" * 40
    return Pin(VERSION, built.digest, tag, nowhere, nowhere, nowhere, "1970-01-01T00:00:00Z", "work tree")


def _states(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for name in (*FOLDERS.values(), PIPELINE):
        for path in (root / name, *(root / name).rglob("*")):
            try:
                yield path, path.stat(follow_symlinks=False)
            except OSError:
                continue
