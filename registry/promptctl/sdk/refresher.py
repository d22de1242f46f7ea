"""The one background thread of a process: asks the sources again, politely.

One flight at a time, whatever the number of handles. It holds handles weakly, and lives on in forked
processes.
"""

from __future__ import annotations

import os
import threading
import time
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Refreshable(Protocol):
        """What can be asked to look at its source again."""

        def refresh(self) -> float:
            """Look, never raise, and return the seconds until the next look."""
            ...


BACKOFF_S = 300.0
"""The longest pause after failures."""

_WAKE_S = 3600.0


def pause_s(interval_s: float, failures: int) -> float:
    """Return how long to wait: the interval on average, or after failures anything up to the backoff.

    Both are spread at random, so that clients which failed together do not come back together ("full jitter",
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """
    share = int.from_bytes(os.urandom(4), "big") / 2**32
    if not failures:
        return interval_s * (0.5 + share)
    return min(BACKOFF_S, interval_s * 2.0 ** min(failures, 30)) * share


class Refresher:
    """Handles and the time at which each wants to look again."""

    def __init__(self) -> None:
        self._due: dict[weakref.ref[Refreshable], float] = {}
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()

    def add(self, handle: Refreshable, in_s: float) -> None:
        """Have `handle` refreshed after that many seconds, and from then on as it says itself."""
        with self._changed:
            self._due[weakref.ref(handle)] = time.monotonic() + in_s
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="promptctl-refresh", daemon=True)
                self._thread.start()
            self._changed.notify()

    def discard(self, handle: Refreshable) -> None:
        """Leave `handle` alone from now on; a refresh that is under way ends by itself."""
        with self._changed:
            self._due.pop(weakref.ref(handle), None)

    def after_fork(self) -> None:
        """Go on in a child process, which has the handles but not the thread."""
        self._thread, self._changed = None, threading.Condition()
        for reference, at in list(self._due.items()):
            handle = reference()
            if handle is not None:
                # All children of a process have the same plan: spread them.
                self.add(handle, pause_s(max(at - time.monotonic(), 1.0), failures=0))

    def _run(self) -> None:
        while True:
            handle = self._next()
            again_s = handle.refresh()
            with self._changed:
                if weakref.ref(handle) in self._due:
                    self._due[weakref.ref(handle)] = time.monotonic() + again_s
            del handle

    def _next(self) -> Refreshable:
        """Wait for the handle that is due."""
        with self._changed:
            while True:
                self._due = {each: at for each, at in self._due.items() if each() is not None}
                first = min(self._due, key=lambda each: self._due[each], default=None)
                wait_s = self._due[first] - time.monotonic() if first else _WAKE_S
                handle = first() if first and wait_s <= 0 else None
                if handle is not None:
                    return handle
                self._changed.wait(min(max(wait_s, 0), _WAKE_S))


REFRESHER = Refresher()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=REFRESHER.after_fork)
