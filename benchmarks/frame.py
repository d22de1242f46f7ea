"""How a number is taken: a floor and ours in turn, median of several rounds, and the ratio of the medians.

A machine's speed cancels out of a ratio whose halves were measured side by side. A goal that is missed is
printed and fails nothing: only a command that does not do its work ends the run.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Command:
    """One process: its words, where it runs, and what it sees."""

    words: Sequence[str | Path]
    directory: Path = Path()
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def run(self) -> None:
        """Run it to its end; raise `RuntimeError` with its words where it fails."""
        done = subprocess.run(
            self.words, cwd=self.directory, env=dict(self.environ), capture_output=True, check=False
        )
        if done.returncode:
            words = " ".join(map(str, self.words))
            raise RuntimeError(f"{words} ended with {done.returncode}: {done.stderr.decode()}")


Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Case:
    """One number. `floor` and `ours` give the work of a round (0, 1, …), outside of the time that is taken.

    `loops` says how many times the work does the thing that is counted. What waits for nothing is measured in
    processor time (`time.process_time`), which others on the machine do not stretch.
    """

    number: str
    what: str
    goal: float
    floor: Callable[[int], Work]
    ours: Callable[[int], Work]
    loops: int = 1
    rounds: int = ROUNDS
    clock: Callable[[], float] = time.perf_counter


@dataclass(frozen=True, slots=True)
class Result:
    """The medians of one case, in seconds for one thing done."""

    number: str
    what: str
    goal: float
    floor_s: float
    ours_s: float
    rounds: int

    @property
    def ratio(self) -> float:
        """Ours by the floor."""
        return self.ours_s / self.floor_s

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio <= self.goal


def same(work: Work) -> Callable[[int], Work]:
    """Return the same work for every round."""
    return lambda _: work


def measure(case: Case) -> Result:
    """Run a case: one round to warm up, then floor and ours in turn, each first in every other round."""
    times_s: dict[str, list[float]] = {"floor": [], "ours": []}
    sides = [("floor", case.floor), ("ours", case.ours)]
    for number in range(case.rounds + 1):
        for side, work_of in sides if number % 2 else sides[::-1]:
            taken_s = _time(work_of(number), case.clock)
            if number:
                times_s[side].append(taken_s / case.loops)
    floor_s, ours_s = (statistics.median(times_s[side]) for side in ("floor", "ours"))
    return Result(case.number, case.what, case.goal, floor_s, ours_s, case.rounds)


def _time(work: Work, clock: Callable[[], float]) -> float:
    gc.collect()
    gc.disable()  # a collection that one side's rubbish starts must not hit the other
    try:
        begin = clock()
        work()
        return clock() - begin
    finally:
        gc.enable()


def table(results: Sequence[Result]) -> str:
    """Return the results as plain text, at most 100 columns wide."""
    rows = [("", "what", "floor", "ours", "ratio", "goal", "met")]
    rows += [
        (
            each.number,
            each.what,
            _duration(each.floor_s),
            _duration(each.ours_s),
            f"{each.ratio:.2f}×",
            f"≤ {each.goal:g}×",
            "yes" if each.is_met else "no",
        )
        for each in results
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def write(results: Sequence[Result], path: Path) -> None:
    """Write the results as JSON, times in seconds."""
    plain = [{**asdict(each), "ratio": each.ratio, "is_met": each.is_met} for each in results]
    path.write_text(json.dumps({"schema": "promptctl.benchmarks/v1", "results": plain}, indent=2) + "\n")


def _duration(seconds: float) -> str:
    for size, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= size:
            return f"{seconds / size:.{1 if seconds / size >= 10 else 2}f} {unit}"
    return f"{seconds / 1e-6:.2f} µs"
