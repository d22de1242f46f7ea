"""Git LFS keeps a pointer in the commit and the file elsewhere.

The release would be the pointer's three lines. And what a pointer leads to is nothing that a commit vouches
for: another server may answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import FileRule, Problem
from promptctl.model.document import Place

_POINTER = b"version https://git-lfs.github.com/spec/"


def _find(path: str, content: bytes) -> Iterator[Problem]:
    if content.startswith(_POINTER):
        hint = f"git lfs untrack {path}, and add the file again"
        yield Problem(path, Place(1, 1), "a pointer of Git LFS, not the file itself", hint)


RULE = FileRule(
    "PC007",
    "a file is there itself, not as a pointer of Git LFS",
    "git lfs untrack PATH, and add the file again",
    find=_find,
    in_plain=True,
    stops=True,
)
