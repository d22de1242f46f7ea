"""A proxy on loopback that cuts, resets or stalls the connection at one byte of all that passes."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["up", "down"]
_CHUNK_BYTES = 65_536


@dataclass(frozen=True)
class Cut:
    """Where the connection ends: before byte `at` of one direction, counted from when the cut was set.

    Afterwards the way is open again, unless it `stays` cut.
    """

    direction: Direction
    at: int
    how: Literal["close", "reset", "stall"] = "close"
    stays: bool = False


@dataclass
class Proxy:
    """What passes, and where it is cut. `watch` is a word; `seen` says what had passed when it came up."""

    url: str
    watch: bytes = b"git-receive-pack"
    cut: Cut | None = None
    is_cut: bool = False
    passed: dict[str, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    seen: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, cut: Cut | None = None) -> None:
        """Count from here, and cut there."""
        with self._lock:
            self.cut, self.is_cut = cut, False
            self.passed, self.seen = {"up": 0, "down": 0}, {}

    @property
    def is_down(self) -> bool:
        return self.is_cut and self.cut is not None and self.cut.stays

    def take(self, direction: Direction, content: bytes) -> tuple[bytes, bool]:
        """Return what of these bytes passes, and whether the connection is cut behind them."""
        with self._lock:
            if direction == "up" and self.watch in content and not self.seen:
                self.seen = dict(self.passed)
            left = len(content)
            cuts = self.cut is not None and self.cut.direction == direction and not self.is_cut
            if cuts and self.cut is not None:
                left = max(0, self.cut.at - self.passed[direction])
            passing = content[:left]
            self.passed[direction] += len(passing)
            if cuts and left <= len(content) and self.cut and self.passed[direction] >= self.cut.at:
                self.is_cut = True
                return passing, True
            return passing, False


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    """Stand before a server on loopback; everything ends with the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    made = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}")
    ends: list[socket.socket] = []
    thread = threading.Thread(target=_accept, args=(listener, port, made, ends), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for each in ends:
            _close(each, "close")


def _accept(listener: socket.socket, port: int, made: Proxy, ends: list[socket.socket]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        if made.is_down:
            _close(client, "reset")
            continue
        server = socket.create_connection(("127.0.0.1", port))
        ends[:] = [each for each in ends if each.fileno() >= 0] + [client, server]
        for direction, source, target in (("up", client, server), ("down", server, client)):
            threading.Thread(target=_pump, args=(made, direction, source, target), daemon=True).start()


def _pump(made: Proxy, direction: Direction, source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(_CHUNK_BYTES):
            passing, is_cut = made.take(direction, content)
            target.sendall(passing)
            if is_cut and made.cut is not None:
                if made.cut.how == "stall":
                    return  # the client waits for what never comes; its end closes the rest
                _close(source, made.cut.how)
                _close(target, made.cut.how)
                return
    for each in (source, target):
        _close(each, "close")


def _close(end: socket.socket, how: str) -> None:
    with contextlib.suppress(OSError):
        if how == "reset":
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RD)  # wakes who reads from it: only then does closing it end anything
        else:
            end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()
