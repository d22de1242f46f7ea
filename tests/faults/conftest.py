"""What was tried, in numbers, one line each at the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from helpers.warm import Warm, warm


@pytest.fixture
def reached(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say in one line what a test has tried."""

    def say(line: str) -> None:
        record_property("reached", line)

    return say


@pytest.fixture(scope="module")
def warmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """A process that others are forked off from."""
    with warm(tmp_path_factory.mktemp("warm")) as process:
        yield process


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the lines, whichever process the tests ran in."""
    reports = [each for name in ("passed", "failed") for each in terminalreporter.stats.get(name, [])]
    said = [line for each in reports for key, line in each.user_properties if key == "reached"]
    if said:
        terminalreporter.section("what was tried")
        terminalreporter.write("".join(f"{line}\n" for line in sorted(said)))
