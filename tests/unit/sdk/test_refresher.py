from __future__ import annotations

import gc
import threading

from helpers.environments import wait_for

from promptctl.sdk.refresher import BACKOFF_S, Refresher, pause_s


class Handle:
    def __init__(self, again_s: float) -> None:
        self.looks = 0
        self.threads: set[int] = set()
        self._again_s = again_s

    def refresh(self) -> float:
        self.looks += 1
        self.threads.add(threading.get_ident())
        return self._again_s


def test_pauses_spread_round_the_interval():
    pauses = [pause_s(30, 0) for _ in range(2000)]
    assert all(15 <= each <= 45 for each in pauses)
    assert abs(sum(pauses) / len(pauses) - 30) < 1
    assert max(pauses) > 40
    assert min(pauses) < 20


def test_after_failures_pauses_grow_to_the_backoff_and_spread_from_nothing():
    for failures in (1, 2, 3):
        limit = 10 * 2**failures
        pauses = [pause_s(10, failures) for _ in range(500)]
        assert all(each <= limit for each in pauses)
        assert max(pauses) > limit * 0.9
        assert min(pauses) < limit * 0.1
    assert max(pause_s(10, 10_000) for _ in range(500)) <= BACKOFF_S


def test_one_thread_looks_for_all_handles():
    refresher = Refresher()
    handles = [Handle(0.01), Handle(0.01)]
    for handle in handles:
        refresher.add(handle, 0)
    wait_for(lambda: all(handle.looks >= 3 for handle in handles), "looks")
    assert len(set().union(*(handle.threads for handle in handles))) == 1
    for handle in handles:
        refresher.discard(handle)


def test_a_pause_longer_than_a_thread_can_wait_ends_nothing():
    refresher, patient, eager = Refresher(), Handle(1e300), Handle(1e300)
    refresher.add(patient, 1e300)
    refresher.add(eager, 0.1)
    wait_for(lambda: eager.looks == 1, "a look")
    refresher.add(eager, 0.1)
    wait_for(lambda: eager.looks == 2, "a second look")
    assert patient.looks == 0


def test_a_discarded_handle_is_left_alone():
    refresher = Refresher()
    left, kept = Handle(0.01), Handle(0.01)
    refresher.add(left, 0)
    wait_for(lambda: left.looks, "a look")
    refresher.discard(left)
    looks = left.looks
    refresher.add(kept, 0)
    wait_for(lambda: kept.looks > 5, "looks of the other")
    assert left.looks <= looks + 1
    refresher.discard(kept)


def test_a_handle_is_held_weakly_while_it_waits():
    refresher = Refresher()
    handles = [Handle(3600)]
    refresher.add(handles[0], 0)
    wait_for(lambda: handles[0].looks, "the look")
    (reference,) = refresher._due
    handles.clear()
    wait_for(lambda: (gc.collect(), reference() is None)[1], "the handle to go")
