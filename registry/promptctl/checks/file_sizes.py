"""A file is small enough that every runtime may load it.

A publisher may use half of what a loader accepts, so what passes here can never be the file that takes
runtimes down.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem
from promptctl.core.limits import PUBLISH
from promptctl.model.document import Place


def problem(path: str, size_bytes: int) -> Problem:
    """Return what is said of a file that is too large, whether or not its bytes were read."""
    message = f"{size_bytes:,} bytes; a file has at most {PUBLISH.file_size_bytes:,}"
    return Problem(path, Place(0, 0), message)


def _find(path: str, content: bytes) -> Iterator[Problem]:
    if len(content) > PUBLISH.file_size_bytes:
        yield problem(path, len(content))


RULE = FileRule("PC005", "a file is no larger than 1 MiB", "split it", find=_find, stops=True, in_plain=True)
