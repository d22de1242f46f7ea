from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import pytest

from promptctl.services.processors import on_processors

HERE = os.getpid()
PARTS = ((1, 2), (3,), (4, 5))


def test_the_parts_are_done_in_processes_of_their_own_and_come_in_their_order() -> None:
    def work(part: Sequence[int]) -> list[tuple[int, int]]:
        return [(each, os.getpid()) for each in part]

    done = on_processors(work, PARTS)
    assert [each for each, _ in done] == [1, 2, 3, 4, 5]
    assert {process for each, process in done if each <= 2} == {HERE}
    assert len({process for _, process in done}) == 3


def test_what_a_process_did_that_was_killed_is_done_again() -> None:
    def work(part: Sequence[int]) -> list[int]:
        if os.getpid() != HERE and 3 in part:
            os.kill(os.getpid(), signal.SIGKILL)
        return list(part)

    assert on_processors(work, PARTS) == [1, 2, 3, 4, 5]


def test_what_fails_in_a_process_fails_here_and_prints_nothing_there(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def work(part: Sequence[int]) -> list[int]:
        if 3 in part:
            raise ValueError("three")
        return list(part)

    with pytest.raises(ValueError, match="three"):
        on_processors(work, PARTS)
    assert capfd.readouterr() == ("", "")
