"""Work that is divided on several processors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Given = TypeVar("Given")
Done = TypeVar("Done")
Work = Callable[[Sequence[Given]], list[Done]]


def on_processors(work: Work[Given, Done], parts: Sequence[Sequence[Given]]) -> list[Done]:
    """Return what `work` returns of all parts, one after the other: the first part is done here, each of the
    others in a process that is forked off.
    """
    first, *others = parts
    if not others:
        return work(first)
    import multiprocessing

    context = multiprocessing.get_context("fork")
    running = []
    for part in others:
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(sending, work, part), daemon=True)
        process.start()
        sending.close()
        running.append((part, receiving, process))
    done = work(first)
    for part, receiving, process in running:
        try:
            done += receiving.recv()
        except EOFError:  # it was killed, or failed: what it did is done again, and fails here as it should
            done += work(part)
        process.join()
    return done


def _send(sending: Connection, work: Work[Given, Done], part: Sequence[Given]) -> None:
    with suppress(Exception):
        sending.send(work(part))
