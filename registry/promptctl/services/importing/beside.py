"""Files that a source names: only those in its own folder or below are read, and none is run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

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
    relative = posixpath.normpath(name.removeprefix(FILE))
    folder = posixpath.dirname(source.path)
    if runs(name):
        report.error(where, WOULD_RUN, f"{name} would be run", "write what it makes into a file")
    elif relative.startswith(("/", "..")):
        hint = "copy the file next to the one that names it"
        report.error(where, WOULD_RUN, f"{name} lies outside of the folder: it is not read", hint)
    elif any(sign in relative for sign in "*?[{"):
        report.error(where, UNREADABLE, f"{name} is a pattern, and only files are read", "name each file")
    else:
        data = source.beside(relative)
        if data is None:
            hint = "only text files in the same folder or below are read"
            report.error(where, UNREADABLE, f"{name} cannot be read", hint)
        else:
            yield posixpath.join(folder, relative), data
