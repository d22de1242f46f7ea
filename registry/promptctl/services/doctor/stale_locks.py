"""No lock file of git's is left from a process that is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from promptctl.core.durations import written
from promptctl.services.doctor.problem import Problem, Repair, Subject

NAME = "locks"
STALE_S = 600
"""No git command of ours holds a lock for so long."""


def check(subject: Subject) -> Iterator[Problem]:
    """Look at the places where git locks: its folder, refs, and what is beside the objects."""
    layout = subject.repository.layout
    for path in sorted(set(_locks(layout.git_dir, layout.common_dir))):
        try:
            age_s = subject.now.timestamp() - path.lstat().st_mtime
        except OSError:
            continue
        if age_s >= STALE_S:
            yield _problem(path, written(age_s))


def _locks(git_dir: Path, common_dir: Path) -> Iterable[Path]:
    deep = (common_dir / folder for folder in ("refs", "objects/info", "logs"))
    return chain(git_dir.glob("*.lock"), common_dir.glob("*.lock"), *(each.rglob("*.lock") for each in deep))


def _problem(path: Path, age: str) -> Problem:
    return Problem(
        NAME,
        "error",
        f"{path} is {age} old",
        "git waits for whoever made it and refuses to write; a process that was killed left it there",
        f"rm {path}, once no git runs here",
        Repair(f"remove {path}, {age} old", path.unlink),
    )
