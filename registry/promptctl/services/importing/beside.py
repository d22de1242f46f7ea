"""Files that a source names: only those in its own folder or below are read, and none is run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from promptctl.services.importing.folder import ANY_DEPTH, ENTRIES_LIMIT
from promptctl.services.importing.imported import UNREADABLE, WOULD_RUN, Source
from promptctl.services.importing.reports import Report, Where

FILE = "file://"
_SCRIPTS = frozenset(
    {
        *(".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx", ".tsx", ".py", ".rb", ".sh", ".bash"),
        *(".pl", ".php", ".go", ".exe", ".bat", ".cmd", ".ps1"),
    }
)
_FETCHED = ("http://", "https://", "huggingface://", "az://", "s3://", "gs://")


def runs(name: str) -> bool:
    """Say whether a file of this name, or a function in it, would be run."""
    stems = (name, name.rpartition(":")[0])
    return "\n" not in name and any(posixpath.splitext(each)[1].lower() in _SCRIPTS for each in stems)


def is_fetched(name: str) -> bool:
    """Say whether it lies elsewhere."""
    return name.startswith(_FETCHED)


def read_beside(name: str, source: Source, where: Where, report: Report) -> Iterator[tuple[str, bytes]]:
    """Yield (path as findings say it, content) of the file that is named, or say why there is none."""
    relative = _inside(name, where, report)
    if relative and is_pattern(relative):
        report.error(where, UNREADABLE, f"{name} is a pattern, and one file is read here", "name the file")
    elif relative:
        yield from _read(name, relative, source, where, report)


def read_matching(name: str, source: Source, where: Where, report: Report) -> Iterator[tuple[str, bytes]]:
    """Yield what `read_beside` yields, of every file that fits where the name is a pattern, by path."""
    relative = _inside(name, where, report)
    if not relative or not is_pattern(relative):
        yield from _read(name, relative, source, where, report) if relative else ()
        return
    if any(sign in relative for sign in "[{") or relative.count(ANY_DEPTH) > 1:
        hint = "patterns have *, ? and once **; or name each file"
        report.error(where, UNREADABLE, f"the pattern {name} is not read here", hint)
        return
    found = source.matching(relative)
    if found is None:
        message = f"more than {ENTRIES_LIMIT:,} files would have to be looked at for {name}"
        report.error(where, UNREADABLE, message, "name each file, or a smaller folder")
    elif not found:
        report.error(where, UNREADABLE, f"no file fits {name}", "only the same folder and below count")
    for each in found or ():
        yield from _read(each, each, source, where, report)


def is_pattern(name: str) -> bool:
    """Say whether a name stands for any number of files."""
    return any(sign in name for sign in "*?[{")


def _inside(name: str, where: Where, report: Report) -> str:
    """Return the path below the source's folder; nothing, and why, where it is none that is read."""
    relative = posixpath.normpath(name.removeprefix(FILE))
    if runs(name):
        report.error(where, WOULD_RUN, f"{name} would be run", "write what it makes into a file")
    elif relative.startswith(("/", "..")):
        hint = "copy the file next to the one that names it"
        report.error(where, WOULD_RUN, f"{name} lies outside of the folder: it is not read", hint)
    else:
        return relative
    return ""


def _read(
    name: str, relative: str, source: Source, where: Where, report: Report
) -> Iterator[tuple[str, bytes]]:
    data = source.beside(relative)
    if data is None:
        hint = "only text files in the same folder or below are read, and no more than 32 MiB in all"
        report.error(where, UNREADABLE, f"{name} cannot be read", hint)
    elif runs(relative):  # a pattern may fit scripts too
        report.error(where, WOULD_RUN, f"{relative} would be run", "write what it makes into a file")
    else:
        yield posixpath.join(posixpath.dirname(source.path), relative), data
