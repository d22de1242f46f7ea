"""Releases by exact version: immutable, so the disk cache has them for ever."""

from __future__ import annotations

import time

from promptctl.core import lock
from promptctl.core.environment import LOCK, LOCK_SIGNATURE, Tree, bundle_path
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, PromptctlError, Unavailable
from promptctl.sdk.cache import Cache, release_key
from promptctl.sdk.snapshot import bundle_paths, released

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from promptctl.sdk.git import GitSource
    from promptctl.sdk.prompt import Prompt

    Wanted: TypeAlias = tuple[str, Version]


class Releases:
    """Releases of one registry, from the disk cache, `bundled`, or their tags, in this order."""

    def __init__(self, source: Callable[[], GitSource], cache: Cache, bundled: Path | None) -> None:
        self._source = source
        self._cache = cache
        self._bundled = bundled
        self._loaded: dict[Wanted, Prompt] = {}

    def load(self, wanted: Sequence[Wanted], timeout_s: float) -> list[Prompt]:
        """Return the prompts, in order; those that are missing here come with one fetch.

        Raises `Unavailable` where the source cannot be asked, `UsageError` for a release that does not exist,
        `IntegrityError` for one whose bytes are not what its tag says.
        """
        for each in wanted:
            if each not in self._loaded:
                found = self._kept(each) or self._baked(each)
                if found is not None:
                    self._loaded[each] = found
        missing = [each for each in dict.fromkeys(wanted) if each not in self._loaded]
        if missing:
            self._fetch(missing, timeout_s)
        return [self._loaded[each] for each in wanted]

    def _fetch(self, missing: Sequence[Wanted], timeout_s: float) -> None:
        try:
            found = self._source().releases(missing, time.monotonic() + timeout_s)
        except Unavailable as error:
            from promptctl.sdk.reasons import one_line

            raise Unavailable(one_line(error.message), hint=error.hint) from None
        for (address, version), files in zip(missing, found, strict=True):
            self._loaded[address, version] = _prompt(address, version, files)
            self._cache.write(release_key(address, str(version)), files)

    def _kept(self, wanted: Wanted) -> Prompt | None:
        address, version = wanted
        files = self._cache.read(release_key(address, str(version)))
        try:
            return None if files is None else _prompt(address, version, files)
        except (PromptctlError, KeyError):
            return None

    def _baked(self, wanted: Wanted) -> Prompt | None:
        if self._bundled is None:
            return None
        address, version = wanted
        try:
            tree = bundled_tree(self._bundled)
            pin = lock.parse(tree.files[LOCK], environment=environment_of(tree.files[LOCK])).pins[address]
            if pin.version != str(version):
                return None
            return released(address, pin.version, pin.digest, tree.files[bundle_path(address)])
        except (PromptctlError, KeyError):
            return None


def bundled_tree(directory: Path, environment: str | None = None) -> Tree:
    """Return the files of a directory that holds what an environment branch holds.

    `git archive env/prod | tar -x -C DIRECTORY` makes one. Raises `Unavailable` or `IntegrityError`.
    """
    try:
        content = (directory / LOCK).read_bytes()
        paths = bundle_paths(content, environment or environment_of(content))
        paths += [LOCK_SIGNATURE] if (directory / LOCK_SIGNATURE).is_file() else []
        return Tree("", {LOCK: content, **{path: (directory / path).read_bytes() for path in paths}})
    except OSError as error:
        raise Unavailable(f"{directory} cannot be read: {error}") from error


def environment_of(lock_bytes: bytes) -> str:
    """Return the environment that a lock says it is of."""
    import json

    try:
        return str(json.loads(lock_bytes)["environment"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError(f"lock.json is not readable: {error!r}") from error


def _prompt(address: str, version: Version, files: Mapping[str, bytes]) -> Prompt:
    from promptctl.sdk.git import require_agreement

    digest = require_agreement(files, address)
    return released(address, str(version), digest, files["bundle.json"])
