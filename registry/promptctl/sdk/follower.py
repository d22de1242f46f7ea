"""Follows one environment: asks its source, verifies what is new, adopts it or keeps what serves."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from promptctl.core.environment import Tree
from promptctl.errors import IntegrityError, PromptctlError, StoppedError, Unavailable
from promptctl.sdk.cache import Cache, environment_key
from promptctl.sdk.prompt import require_types
from promptctl.sdk.refresher import BACKOFF_S, pause_s
from promptctl.sdk.snapshot import Snapshot, verified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from promptctl.sdk.status import Origin, State, Status

    class Source(Protocol):
        """Where an environment comes from. Deadlines are readings of `time.monotonic`."""

        def head(self, environment: str, deadline: float) -> str:
            """Return what changes whenever the environment does."""
            ...

        def environment(self, environment: str, deadline: float) -> Tree:
            """Return the files of the environment."""
            ...


START_S = 1.0
"""How long a start waits for the source where there is something else to serve."""

START_WITH_NOTHING_S = 10.0
LOOK_S = 60.0
"""How long a look in the background may take."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Standing:
    """Everything that changes, as one value. Times are readings of `time.monotonic`.

    `refused` is the head that did not pass verification, `failed_at` when the source stopped answering.
    """

    snapshot: Snapshot | None = None
    origin: Origin = "source"
    reason: str = ""
    refused: str = ""
    failed_at: float | None = None
    failures: int = 0
    checked_at: float | None = None


class Follower:
    """One environment of one source. `look` is for one thread at a time; `standing` for all."""

    def __init__(
        self,
        source: Callable[[], Source],
        environment: str,
        cache: Cache | None,
        check: Callable[[Tree], None] | None = None,
    ) -> None:
        self._source = source
        self._check = check
        self.environment = environment
        self._cache = cache
        self.standing: Standing = Standing()

    def start(self, bundled: Callable[[], Tree] | None, timeout_s: float | None) -> None:
        """Have something to serve, or raise `Unavailable` with all the reasons.

        The source is asked once; the disk cache comes next, then `bundled`. A timeout of 0 asks only where
        there is nothing else to serve.
        """
        reasons = [self._recall()]
        if self.standing.snapshot is None and bundled is not None:
            reasons.append(self._serve(bundled, "bundled"))
        something = self.standing.snapshot is not None
        if something and timeout_s == 0:
            return
        self.look(timeout_s or (START_S if something else START_WITH_NOTHING_S))
        if self.standing.snapshot is None:
            told = "; ".join(each for each in [self.standing.reason, *reasons] if each)
            raise Unavailable(
                f"nothing to serve for environment {self.environment!r}: {told}",
                hint="is the address right? bundled= gives a directory to start from when all else fails",
            )

    def look(self, timeout_s: float = LOOK_S) -> None:
        """Ask the source once, and adopt what is new and good. Never raises."""
        try:
            self._look(time.monotonic() + timeout_s)
        except (IntegrityError, StoppedError) as error:
            self._refuse(_told(error))
        except PromptctlError as error:
            self._miss(_told(error))
        except Exception as error:  # noqa: BLE001 - a runtime never breaks its host
            self._miss(f"unexpected: {error!r}")

    def next_look_s(self, interval_s: float) -> float:
        """Return how long to wait before the next look: a moment where the source was not asked yet."""
        now = self.standing
        asked = now.checked_at is not None or now.failures
        return pause_s(interval_s if asked else min(interval_s, START_S), now.failures)

    def status(self) -> Status:
        """Return what there is to say now."""
        from promptctl.sdk.status import Status

        now = self.standing
        snapshot = now.snapshot
        if snapshot is None:  # pragma: no cover - a handle exists only once there is something to serve
            raise Unavailable("nothing serves")
        trouble = self._cache.trouble if self._cache else ""
        return Status(
            state=_state(now),
            reason=now.reason,
            environment=self.environment,
            origin=now.origin,
            sequence=snapshot.sequence,
            commit=snapshot.commit,
            checked_s_ago=None if now.checked_at is None else time.monotonic() - now.checked_at,
            serving=snapshot.serving(),
            warnings=(*((trouble,) if trouble else ()), *snapshot.warnings),
        )

    def _look(self, deadline: float) -> None:
        source, before = self._source(), self.standing.snapshot
        head = ""
        if before is not None:
            head = source.head(self.environment, deadline)
            if head in (before.commit, self.standing.refused):
                self._confirm(head)
                return
        try:
            tree = source.environment(self.environment, deadline)
            snapshot = self._verified(tree, before)
            _require_types(snapshot, before)
        except (IntegrityError, StoppedError):
            self.standing = replace(self.standing, refused=head)
            raise
        self._adopt(snapshot, tree)

    def _verified(self, tree: Tree, before: Snapshot | None = None) -> Snapshot:
        if self._check is not None:
            self._check(tree)
        return verified(tree, self.environment, before)

    def _adopt(self, snapshot: Snapshot, tree: Tree) -> None:
        self.standing = Standing(snapshot, checked_at=time.monotonic())
        if self._cache is not None:
            seconds = b"" if tree.seconds is None else b"%d" % tree.seconds
            files = {"commit": tree.commit.encode(), "seconds": seconds, **tree.files}
            self._cache.write(environment_key(self.environment), files)

    def _confirm(self, head: str) -> None:
        checked = replace(self.standing, failed_at=None, failures=0, checked_at=time.monotonic())
        if head == checked.refused:
            self.standing = checked
            return
        self.standing = replace(checked, origin="source", reason="", refused="")

    def _refuse(self, reason: str) -> None:
        """The source answered, and what it has is not served. It is read again only when it changes."""
        self.standing = replace(
            self.standing,
            reason=f"what the source offers is not served: {reason}",
            failed_at=None,
            failures=0,
            checked_at=time.monotonic(),
        )

    def _miss(self, reason: str) -> None:
        now = self.standing
        self.standing = replace(
            now,
            reason=f"the source cannot be asked: {reason}",
            refused="",
            failed_at=time.monotonic() if now.failed_at is None else now.failed_at,
            failures=now.failures + 1,
        )

    def _recall(self) -> str:
        """Serve what the disk cache has; return why it has nothing."""
        files = self._cache.read(environment_key(self.environment)) if self._cache else None
        if files is None:
            return "the disk cache has nothing"
        commit, seconds = files.pop("commit", b""), files.pop("seconds", b"")
        made = int(seconds) if seconds.isdigit() else None
        tree = Tree(commit.decode(errors="replace"), files, seconds=made)
        return self._serve(lambda: tree, "cache")

    def _serve(self, tree: Callable[[], Tree], origin: Origin) -> str:
        try:
            self.standing = replace(self.standing, snapshot=self._verified(tree()), origin=origin)
        except PromptctlError as error:
            return f"{origin}: {_told(error)}"
        return ""


def _require_types(snapshot: Snapshot, before: Snapshot | None) -> None:
    known = {each.digest for each in before.prompts.values()} if before else set()
    for address, each in snapshot.prompts.items():
        if address != each.address or each.digest in known:
            continue
        try:
            require_types(each)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise IntegrityError(
                f"{each.address} {each.version}: not typed as it should be: {error}"
            ) from error


def _state(standing: Standing) -> State:
    if not standing.reason:
        return "READY"
    if standing.failed_at is not None and time.monotonic() - standing.failed_at < BACKOFF_S:
        return "STALE"
    return "ERROR"


def _told(error: PromptctlError) -> str:
    from promptctl.sdk.reasons import one_line

    told = one_line(error.message)
    return f"{told} ({error.hint})" if error.hint else told
