"""The files of another tool, read from the disk: nothing is followed, waited for or read without end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.limits import LOAD
from promptctl.errors import RefusedError, UsageError
from promptctl.model.findings import Finding
from promptctl.model.promotion import legible
from promptctl.services.importing.folder import Folder
from promptctl.services.importing.formats import Format
from promptctl.services.importing.imported import MENDED, UNREADABLE

SIZE_LIMIT_BYTES = LOAD.bundle_size_bytes
BESIDE_LIMIT_BYTES = 4 * SIZE_LIMIT_BYTES
"""What one source may have read of the files next to it, those that it names twice counted twice."""
FILES_LIMIT = 10_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Collected:
    """A file that may be read. `stem` is its path below what was named, without the format's suffix."""

    path: str
    stem: str
    data: bytes
    folder: Folder


def collect(place: Path, shown: str, form: Format) -> tuple[list[Collected], list[Finding]]:
    """Return the file at `place`, or the format's files in that folder, and what is wrong with the others.

    Findings call them by `shown`, the path as it was typed. Byte order marks and CR LF are mended, and that
    is said. Raise `UsageError` where there is nothing.
    """
    if place.is_dir() and not place.is_symlink():
        found = list(_walk(place, shown, form))
        if not found:
            endings = " or ".join(form.suffixes)
            raise UsageError(
                f"{shown} has no files that end in {endings}", hint="a file of any name is named itself"
            )
    elif place.is_symlink() or place.exists():
        stem = _stem(place.name, form)
        found = [(place, shown, place.stem if stem is None else stem or _whole(place).parent.name)]
    else:
        raise UsageError(f"{shown} does not exist", hint="name a file or a folder")
    collected, findings = [], []
    for file, typed, stem in found:
        name = legible(typed)
        data, problem = read_file(file)
        if data is None:
            findings.append(_unreadable(name, problem))
            continue
        data, problems = mended(data, name, keep_line_ends=form.keeps_line_ends)
        findings += problems
        if data is not None:
            collected.append(Collected(name, stem, data, Folder(file.parent, _text, BESIDE_LIMIT_BYTES)))
    return collected, findings


def read_file(path: Path) -> tuple[bytes | None, str]:
    """Return a regular file's bytes, or None and why not."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return None, "a symbolic link: it is not followed" if path.is_symlink() else f"{error.strerror}"
    with os.fdopen(handle, "rb") as stream:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            return None, "not a regular file"
        if state.st_size > SIZE_LIMIT_BYTES:
            return None, f"{state.st_size:,} bytes; at most {SIZE_LIMIT_BYTES:,} are read"
        return stream.read(SIZE_LIMIT_BYTES), ""


def mended(data: bytes, path: str, *, keep_line_ends: bool = False) -> tuple[bytes | None, list[Finding]]:
    """Return text as a registry keeps it, and what was changed for that; None where it is no text."""
    findings = []
    if data.startswith(_BOM):
        data = data.removeprefix(_BOM)
        findings.append(_mended(path, 1, "the byte order mark was left out"))
    if b"\r\n" in data and not keep_line_ends:
        line = data[: data.index(b"\r\n")].count(b"\n") + 1
        data = data.replace(b"\r\n", b"\n")
        findings.append(_mended(path, line, "line ends CR LF became LF"))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [_unreadable(path, f"not UTF-8: byte 0x{data[error.start]:02x}", line)]
    if b"\0" in data:
        return None, [_unreadable(path, "holds a NUL character", data[: data.index(b"\0")].count(b"\n") + 1)]
    return data, findings


def _walk(folder: Path, shown: str, form: Format) -> Iterator[tuple[Path, str, str]]:
    """Yield (file, path as shown, stem) by path; names that begin with a dot are passed over."""
    count = 0
    for here, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        below = Path(here).relative_to(folder).as_posix()
        links = [each for each in folders if (Path(here) / each).is_symlink()]
        for name in sorted([*names, *links]):
            stem = name if name in links else _stem(name, form)
            if stem is None or name.startswith("."):
                continue
            count += 1
            if count > FILES_LIMIT:
                raise RefusedError(f"{shown} has more than {FILES_LIMIT:,} files", hint="import a part of it")
            inner = "" if below == "." else f"{below}/"
            whole = f"{inner}{stem}" if stem else below if inner else _whole(folder).name
            yield Path(here) / name, f"{shown.rstrip('/')}/{inner}{name}", whole


def _whole(path: Path) -> Path:
    """Return the path from the root on, without `..`: its last part is a name."""
    return Path(os.path.normpath(path.absolute()))


def _stem(name: str, form: Format) -> str | None:
    """Return a file's name without the suffix of the format; None where it has none of them."""
    lower = name.lower()
    for suffix in sorted(form.suffixes, key=len, reverse=True):
        if lower.endswith(suffix):
            return name[: -len(suffix)]
    return None


def _refuse(error: OSError) -> None:
    raise RefusedError(f"{error.filename} cannot be read: {error.strerror}")


def _text(path: Path) -> bytes | None:
    data, _ = read_file(path)
    return None if data is None else mended(data, path.name)[0]


def _unreadable(path: str, message: str, line: int = 0) -> Finding:
    return Finding(path, line, 1 if line else 0, UNREADABLE, f"cannot be read: {message}", "save it as UTF-8")


def _mended(path: str, line: int, message: str) -> Finding:
    return Finding(path, line, 1, MENDED, message, "", "warning")
