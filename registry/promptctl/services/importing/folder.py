"""The folder of a source: what may be read in it and below, by relative path, and never without end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

ENTRIES_LIMIT = 10_000
"""More files than this are not looked through for those that fit a pattern."""
ANY_DEPTH = "**"


@dataclass(slots=True)
class Folder:
    """Nothing outside is reached: no absolute path, no `..`, no symbolic link.

    `read` returns the text of one file, or None; all that one source reads is at most `left_bytes`.
    """

    path: Path
    read_text: Callable[[Path], bytes | None]
    left_bytes: int
    _read: dict[str, bytes | None] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """Return a file's text; None where there is none that may be read."""
        if path not in self._read:
            place = self._inside(path)
            self._read[path] = self.read_text(place) if place and place.is_file() else None
        data = self._read[path]
        self.left_bytes -= len(data or b"")
        return data if self.left_bytes >= 0 else None

    def matching(self, pattern: str) -> list[str] | None:
        """Return the files that fit, sorted; `*` and `?` stand for signs, `**` once for folders.

        Names that begin with a dot fit nothing. None where there are too many files to look through.
        """
        wanted = PurePosixPath(pattern).parts
        fixed = next((at for at, each in enumerate(wanted) if "*" in each or "?" in each), len(wanted) - 1)
        start = self._inside("/".join(wanted[:fixed])) if fixed else self.path
        if start is None:
            return []
        found: list[str] = []
        deepest = None if ANY_DEPTH in wanted else len(wanted) - fixed - 1
        for count, each in enumerate(_files(start, deepest)):
            if count >= ENTRIES_LIMIT:
                return None
            parts = PurePosixPath(each.relative_to(self.path).as_posix()).parts
            if _fits(parts, wanted) and not each.is_dir():
                found.append("/".join(parts))
        return sorted(found)

    def _inside(self, path: str) -> Path | None:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            return None
        steps = [self.path.joinpath(*parts[: at + 1]) for at in range(len(parts))]
        return None if any(each.is_symlink() for each in steps) else steps[-1]


def _files(start: Path, deepest: int | None) -> Iterator[Path]:
    for here, folders, names in os.walk(start):
        depth = len(Path(here).relative_to(start).parts)
        visible = [each for each in folders if not each.startswith(".")]
        folders[:] = visible if deepest is None or depth < deepest else []
        # Folders count too: many that are empty would cost as much as many files.
        yield from (Path(here) / each for each in [*names, *folders] if not each.startswith("."))


def _fits(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    if ANY_DEPTH in wanted:
        at = wanted.index(ANY_DEPTH)
        behind = wanted[at + 1 :]
        enough = len(parts) >= at + max(len(behind), 1)
        tail = parts[len(parts) - len(behind) :]
        return enough and _fits(parts[:at], wanted[:at]) and _fits(tail, behind)
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
