"""`connect`, and the handle it gives."""

from __future__ import annotations

import os
import time
from pathlib import Path

from promptctl.core.names import environment_ref, full_address
from promptctl.core.suggest import did_you_mean
from promptctl.core.versions import Version
from promptctl.errors import Unavailable, UsageError
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


def connect(  # noqa: PLR0913 - each is one decision of the application
    url: str | os.PathLike[str],
    *,
    environment: str | None = None,
    pins: Mapping[str, str] | None = None,
    refresh: float | None = 30.0,
    timeout: float | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    bundled: str | os.PathLike[str] | None = None,
    allowed_signers: str | os.PathLike[str] | bytes | None = None,
) -> Registry:
    """Return a handle that has something to serve, and from then on never loses it.

        registry = promptctl.connect("https://git.example.com/ai/registry.git", environment="prod")
        chat = registry.prompt("support-answer").render(question="May I return it?")

    A followed environment starts from the first of these that passes verification:

    1. the source, asked once, within `timeout` seconds;
    2. the disk cache: what was last verified here;
    3. `bundled`.

    Pins are immutable: the disk cache serves them for ever, then `bundled`, then the source.

    Args:
        url: A git URL, or the path of a repository that has environments: the remote, not a clone of it.
        environment: What to follow: what serves there serves here. "worktree" reads the files of a directory
            that is being edited.
        pins: Exact releases, version by prompt: `{"support-answer": "1.2.0"}`. Alone, they are all that
            serves; with `environment`, they come on top of it and stay whatever it does. The `environment`
            of a pinned prompt is empty, as no environment decides what it is.
        refresh: The mean pause in seconds between two looks of one background thread; None: it never looks.
            A look with nothing new is one request for one ref. At most 1 second for "worktree".
        timeout: How many seconds the source may take. By default 1 where the disk cache or `bundled` has
            something to serve, and 10 where nothing has. With 0, these serve at once, and the source is asked
            a second later in the background: the fastest start, which may answer its first calls with what
            served when this machine last looked.
        cache_dir: Where the disk cache is, by default in the user's cache directory. One that cannot be
            written is a warning in the handle's status.
        bundled: A directory that holds what an environment branch holds
            (`git archive env/prod | tar -x -C DIRECTORY`).
        allowed_signers: Whose signature an environment needs, from wherever it comes: the path of a file of
            allowed signers, or its bytes. Read once. Keep it with the application: who may write the registry
            must not choose whom it trusts. Pins, which never change, need none.

    Raises:
        Unavailable: There is nothing to serve; the message has every reason.
        UsageError: An argument means nothing, or a pinned release does not exist.
        IntegrityError: A pinned release is not what its tag says.
    """
    address = _address(url)
    _require_sense(environment, pins, refresh, timeout)
    check = None if allowed_signers is None else _signature_check(allowed_signers, environment)
    if environment == WORKTREE and refresh is not None:
        refresh = min(refresh, WORKTREE_REFRESH_S)
    baked = None if bundled is None else Path(bundled)
    cache = Cache(Path(cache_dir or default_directory()).absolute(), address)
    source = _once(lambda: _git_source(address, cache))
    releases = _once(lambda: _releases(source, cache, baked))
    pinned = releases().load(_wanted(pins), timeout or START_WITH_NOTHING_S) if pins else []
    follower = None
    if environment is not None:
        follower = _follower(environment, address, source, cache, check)
        unpack = None if baked is None else _unpack(baked, environment)
        _start(follower, unpack, timeout, address)
    handle = Registry(address, follower, releases, by_name(pinned), refresh)
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
        url: str,
        follower: Follower | None,
        releases: Callable[[], Releases],
        pinned: dict[str, Prompt],
        refresh_s: float | None,
    ) -> None:
        """Not for applications: `promptctl.connect` makes handles."""
        self._url = url
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

    def __repr__(self) -> str:
        from promptctl.sdk.reasons import printable

        status = self.status
        follows = f"{status.environment} {status.state}" if status.environment else "pinned"
        return f"<Registry {printable(self._url)}: {follows}, serving {len(status.serving)}>"

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
        serving = sorted({each.name for each in self._prompts.values()})
        where = f"in {self._follower.environment}" if self._follower else "by these pins"
        return UsageError(
            f"no prompt {name!r} serves {where}",
            hint=did_you_mean(str(name), serving, "serving") or "serving: nothing",
        )


def _wanted(pins: Mapping[Any, Any]) -> list[tuple[str, Version]]:
    for name, version in pins.items():
        if not isinstance(name, str) or not isinstance(version, str):
            raise UsageError(f"{name!r}: {version!r}: a name and a version are text, such as '1.2.0'")
    return [(full_address(name), Version.parse(version)) for name, version in pins.items()]


def _address(url: object) -> str:
    address = os.fspath(url) if isinstance(url, os.PathLike) else url
    if not isinstance(address, str):
        kind = type(address).__name__
        raise UsageError(f"url: expected a git URL or the path of a repository, got {kind}")
    if not address:
        raise UsageError("url is empty: give a git URL or the path of a repository")
    return str(Path(address).absolute()) if Path(address).is_dir() else address


def _require_sense(environment: object, pins: object, refresh: object, timeout: object) -> None:
    if environment is None and pins is None:
        raise UsageError(
            "say what to follow: environment='prod' or pins={'NAME': '1.2.0'}",
            hint="environment='worktree' reads files that are being edited",
        )
    if environment is not None:
        if not isinstance(environment, str):
            raise UsageError(f"environment={environment!r}: give a name such as 'prod'")
        environment_ref(environment)
    if pins is not None and not hasattr(pins, "items"):
        raise UsageError(f"pins={pins!r}: give versions by prompt, such as {{'NAME': '1.2.0'}}")
    if refresh is not None and not (_is_time(refresh) and refresh):
        raise UsageError(f"refresh={refresh!r}: give seconds, more than 0, or None for never")
    if timeout is not None and not _is_time(timeout):
        raise UsageError(f"timeout={timeout!r}: give seconds, 0 or more")


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")


def _start(
    follower: Follower, unpack: Callable[[], Tree] | None, timeout: float | None, address: str
) -> None:
    """Start; where the source has no such environment, say which it has."""
    until = time.monotonic() + (timeout or START_WITH_NOTHING_S)
    try:
        follower.start(unpack, timeout)
    except Unavailable as error:
        from promptctl.sdk.reasons import missing_environment

        if follower.environment == WORKTREE:
            raise
        left_s = until - time.monotonic()
        hint = missing_environment(error.message, address, follower.environment, os.environ, left_s)
        if not hint:
            raise
        raise Unavailable(f"the source has no environment {follower.environment!r}", hint=hint) from None


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


def _signature_check(
    allowed_signers: str | os.PathLike[str] | bytes, environment: str | None
) -> Callable[[Tree], None]:
    from promptctl.sdk.signed import signature_check

    if environment in (None, WORKTREE):
        raise UsageError("allowed_signers is about the lock of an environment, such as environment='prod'")
    return signature_check(allowed_signers, os.environ)


def _follower(
    environment: str,
    url: str,
    source: Callable[[], GitSource],
    cache: Cache,
    check: Callable[[Tree], None] | None,
) -> Follower:
    if environment != WORKTREE:
        return Follower(source, environment, cache, check)
    from importlib import import_module

    # Not an import: files being edited are read with the CLI's own reader, which no runtime needs.
    worktree: Any = import_module("promptctl.worktree").Worktree(url)
    return Follower(lambda: worktree, environment, None)
