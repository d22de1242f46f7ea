"""No view of this repository is left from a promptctl that is gone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from promptctl.core.durations import written
from promptctl.services.doctor.problem import Problem, Repair, Subject

NAME = "views"
_NAME = re.compile(r"promptctl-view-([0-9]{1,10})-[0-9a-f]{8}")
_STALE_S = 600


def check(subject: Subject) -> Iterator[Problem]:
    """Look for folders whose process no longer runs; those of other machines are given some minutes."""
    for folder in sorted(subject.repository.layout.common_dir.glob("promptctl-view-*")):
        found = _NAME.fullmatch(folder.name)
        try:
            age_s = subject.now.timestamp() - folder.lstat().st_mtime
        except OSError:
            continue
        if found and age_s >= _STALE_S and not _runs(int(found[1])):
            yield Problem(
                NAME,
                "advice",
                f"{folder} is {written(age_s)} old, and its process is gone",
                "it holds links and nothing else; a promptctl that was killed left it there",
                f"rm -r {folder}",
                Repair(f"remove {folder}", partial(_remove, folder)),
            )


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _remove(folder: Path) -> None:
    for entry in folder.iterdir():
        entry.unlink()  # links and small files: a folder in there is none of ours and stays
    folder.rmdir()
