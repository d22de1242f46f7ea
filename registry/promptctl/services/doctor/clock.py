"""This machine's clock is not behind what others wrote."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.core.durations import written
from promptctl.core.limits import CLOCK_SKEW_S
from promptctl.services.doctor.problem import Problem, Subject
from promptctl.services.environments_read import heads
from promptctl.store.refs import HEAD

NAME = "clock"


def check(subject: Subject) -> Iterator[Problem]:
    """Compare with the newest commits as last fetched. Only a clock that is behind can be told."""
    refs, git = subject.repository.refs, subject.repository.git
    commits = [refs.read(HEAD), *heads(refs).values()]
    known = [each for each in commits if each]
    result = git.call("log", "--no-walk", "--format=%ct", "--end-of-options", *known) if known else None
    if result is None or result.returncode:
        return
    ahead_s = max(map(int, result.stdout.split()), default=0) - subject.now.timestamp()
    if ahead_s > CLOCK_SKEW_S:
        yield Problem(
            NAME,
            "error",
            f"the newest commit of the remote lies {written(ahead_s)} in the future",
            "this clock is behind, or whose was ahead: soak, freezes and signatures go by the clock",
            "set the clock: timedatectl set-ntp true; promptctl verify names the commit",
        )
