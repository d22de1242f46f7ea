"""`connect`, and the handle it gives."""

from __future__ import annotations

import os
from pathlib import Path

from promptctl.core.names import environment_ref, full_address
from promptctl.core.versions import Version
from promptctl.errors import UsageError
from promptctl.sdk.cache import Cache, default_directory
from promptctl.sdk.follower import START_WITH_NOTHING_S, Follower
from promptctl.sdk.refresher import REFRESHER
from promptctl.sdk.snapshot import by_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Self, TypeVar

    from promptctl.core.environment import Tree
    from promptctl.sdk.git import GitSource
    from promptctl.sdk.prompt import Prompt
    from promptctl.sdk.releases import Releases
    from promptctl.sdk.status import Status

    T = TypeVar("T")

WORKTREE = "worktree"
WORKTREE_REFRESH_S = 1.0


def connect(
    url: str | os.PathLike[str],
    *,
    environment: str | None = None,
    pins: Mapping[str, str] | None = None,
    refresh: float | None = 30.0,
    timeout: float | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    bundled: str | os.PathLike[str] | None = None,
) -> Registry:
    """Return a handle that has something to serve, and from then on never loses it.

    `url` is a git URL or the path of a repository. `environment` is followed: what serves there serves here.
    `pins` names exact releases, version by prompt (`{"support-answer": "1.2.0"}`); they come first where both
    are given. `environment="worktree"` reads the files of a directory that is being edited.

    A followed environment starts from the first of these that passes verification:

    1. the source, asked once, within `timeout` seconds;
    2. the disk cache: what was last verified here;
    3. `bundled`, a directory that holds what an environment branch holds
       (`git archive env/prod | tar -x -C DIRECTORY`).

    `timeout` is 1 second by default where 2 or 3 have something to serve, and 10 seconds where nothing has.
    With `timeout=0`, 2 and 3 serve at once, and the source is asked a second later in the background: the
    fastest start, which may answer its first calls with what served when this machine last looked.

    Pins are immutable: the disk cache serves them for ever, then `bundled`, then the source within `timeout`
    (default 10 seconds).

    `refresh` is the mean pause in seconds between two looks of one background thread (None: it never looks);
    a look with nothing new is one request for one ref. `cache_dir` defaults to the user's cache directory;
    one that cannot be written is a warning in the handle's status.

    Raises `Unavailable` where there is nothing to serve, `UsageError` for words that mean nothing, and for
    pins also `UsageError` and `IntegrityError` where a release does not exist or is not what its tag says.
    """
    if environment is None and pins is None:
        raise UsageError("nothing to connect to", hint='give environment="prod" or pins={"NAME": "1.2.0"}')
    if environment is not None:
        environment_ref(environment)
    if environment == WORKTREE and refresh is not None:
        refresh = min(refresh, WORKTREE_REFRESH_S)
    if refresh is not None and refresh <= 0:
        raise UsageError(f"refresh={refresh}: give seconds, or None for never")
    address = _absolute(os.fspath(url))
    baked = None if bundled is None else Path(bundled)
    cache = Cache(Path(cache_dir or default_directory()).absolute(), address)
    source = _once(lambda: _git_source(address, cache))
    releases = _once(lambda: _releases(source, cache, baked))
    pinned = releases().load(_wanted(pins), timeout or START_WITH_NOTHING_S) if pins else []
    follower = None
    if environment is not None:
        follower = _follower(environment, address, source, cache)
        unpack = None if baked is None else _unpack(baked, environment)
        follower.start(unpack, timeout)
    handle = Registry(follower, releases, by_name(pinned), refresh)
    if follower is not None and refresh is not None:
        REFRESHER.add(handle, follower.next_look_s(refresh))
    return handle


class Registry:
    """What `connect` gives: prompts from memory. Safe to share between threads; survives `fork`.

    Once it exists, `prompt` raises nothing but `UsageError`, and only for a name that does not serve; it goes
    on serving after `close`.
    """

    def __init__(
        self,
        follower: Follower | None,
        releases: Callable[[], Releases],
        pinned: dict[str, Prompt],
        refresh_s: float | None,
    ) -> None:
        """Not for applications: `promptctl.connect` makes handles."""
        self._follower = follower
        self._releases = releases
        self._pinned = pinned
        self._refresh_s = refresh_s
        self._prompts: dict[str, Prompt] = {}
        self._swap()

    def prompt(self, name: str) -> Prompt:
        """Return what serves now under a name (`support-answer`) or address (`prompts/support-answer`).

        From memory: one attribute, one look-up. Raises `UsageError` for a name that does not serve.
        """
        try:
            return self._prompts[name]
        except KeyError:
            raise self._unknown(name) from None

    def fetch(self, name: str, *, version: str) -> Prompt:
        """Return one exact release, from memory, the disk cache or its tag.

        The one call that may do I/O, up to 10 seconds. Raises `Unavailable` where the source cannot be asked,
        `UsageError` for a release that does not exist, `IntegrityError` where it is not what its tag says.
        """
        return self._releases().load(_wanted({name: version}), START_WITH_NOTHING_S)[0]

    @property
    def status(self) -> Status:
        """Return the state, its reason and what serves, as of now."""
        pinned = {each.address: each.version for each in self._pinned.values()}
        if self._follower is None:
            from promptctl.sdk.status import Status

            return Status("READY", "", "", "source", 0, "", None, pinned)
        from dataclasses import replace

        status = self._follower.status()
        return replace(status, serving={**status.serving, **pinned})

    def close(self) -> None:
        """End the background refresh. What serves goes on serving."""
        REFRESHER.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def refresh(self) -> float:
        """Look at the source now, in this thread; return the seconds to wait before looking again.

        The background thread calls it. Never raises: what is wrong stands in `status`.
        """
        if self._follower is None:
            return float("inf")
        self._follower.look()
        self._swap()
        return self._follower.next_look_s(self._refresh_s or float("inf"))

    def _swap(self) -> None:
        snapshot = self._follower.standing.snapshot if self._follower else None
        self._prompts = {**(snapshot.prompts if snapshot else {}), **self._pinned}

    def _unknown(self, name: object) -> UsageError:
        from difflib import get_close_matches

        serving = sorted({each.name for each in self._prompts.values()})
        close = get_close_matches(str(name), serving, n=1)
        where = f"in {self._follower.environment}" if self._follower else "by these pins"
        return UsageError(
            f"no prompt {name!r} serves {where}",
            hint=f"did you mean {close[0]!r}?" if close else f"serving: {', '.join(serving) or 'nothing'}",
        )


def _wanted(pins: Mapping[str, str]) -> list[tuple[str, Version]]:
    return [(full_address(name), Version.parse(version)) for name, version in pins.items()]


def _absolute(url: str) -> str:
    return str(Path(url).absolute()) if Path(url).is_dir() else url


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """Make it on first use: a start from the disk cache pays neither for git nor for its modules."""
    made: list[T] = []

    def get() -> T:
        if not made:
            made.append(make())
        return made[0]

    return get


def _unpack(directory: Path, environment: str) -> Callable[[], Tree]:
    def unpack() -> Tree:
        from promptctl.sdk.releases import bundled_tree

        return bundled_tree(directory, environment)

    return unpack


def _releases(source: Callable[[], GitSource], cache: Cache, bundled: Path | None) -> Releases:
    from promptctl.sdk.releases import Releases

    return Releases(source, cache, bundled)


def _git_source(url: str, cache: Cache) -> GitSource:
    from promptctl.sdk.git import GitSource

    return GitSource(url, cache.repository, os.environ)


def _follower(environment: str, url: str, source: Callable[[], GitSource], cache: Cache) -> Follower:
    if environment != WORKTREE:
        return Follower(source, environment, cache)
    from importlib import import_module

    # Not an import: files being edited are read with the CLI's own reader, which no runtime needs.
    worktree: Any = import_module("promptctl.worktree").Worktree(url)
    return Follower(lambda: worktree, environment, None)
