"""`python -m benchmarks [P2 P6 …]`: measure the named numbers, or all, and print the table."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.frame import Result, measure, table, write

_MODULES = {
    each.stem[1:3].lstrip("0"): each.stem for each in sorted(Path(__file__).parent.glob("p[0-9]*_*.py"))
}
_RESULTS = Path(__file__).with_name("results.json")


def main(numbers: Sequence[str]) -> int:
    """Measure, print, and leave the results in `benchmarks/results.json`."""
    wanted = [each.upper().lstrip("P") for each in numbers] or list(_MODULES)
    unknown = [each for each in wanted if each not in _MODULES]
    if unknown:
        known = " ".join(f"P{each}" for each in _MODULES)
        print(f"there is no P{unknown[0]}; there are {known}", file=sys.stderr)
        return 2
    results = list(_measured(wanted))
    write(results, _RESULTS)
    print(table(results))
    return 0


def _measured(wanted: Sequence[str]) -> Iterator[Result]:
    for number in wanted:
        for case in import_module(f"benchmarks.{_MODULES[number]}").cases():
            print(f"{case.number} {case.what} …", file=sys.stderr, flush=True)
            yield measure(case)


raise SystemExit(main(sys.argv[1:]))
