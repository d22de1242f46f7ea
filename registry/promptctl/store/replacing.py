"""Files of the work tree that are written again on behalf of people."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from promptctl.errors import RefusedError

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def replace(root: Path, path: str, before: bytes, after: bytes) -> None:
    """Put `after` in the place of the file that holds `before`: whole, or not at all. Its mode stays.

    `path` is relative to `root`; no link below `root` is followed. Raise `RefusedError` where there is no
    such file, where it holds something else by now, or where the system does not let it be written.
    """
    try:
        with _folder(root, path) as folder:
            name = path.rpartition("/")[2]
            mode = _mode_of(folder, name, path, before)
            _replace(folder, name, mode, after)
    except OSError as error:
        raise RefusedError(f"{path} cannot be written: {error.strerror or type(error).__name__}") from error


@contextmanager
def _folder(root: Path, path: str) -> Iterator[int]:
    """Open the folder of a file, step by step, so that none of the steps is a link."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for each in path.split("/")[:-1]:
            outer = folder
            folder = os.open(each, _OPEN | os.O_DIRECTORY, dir_fd=outer)
            os.close(outer)
        yield folder
    finally:
        os.close(folder)


def _mode_of(folder: int, name: str, path: str, before: bytes) -> int:
    """Return the mode of a file that is still the one that was read."""
    handle = os.open(name, _OPEN | os.O_NONBLOCK, dir_fd=folder)
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or file.read(len(before) + 1) != before:
            raise RefusedError(f"{path} was changed meanwhile", hint="run the command again")
    return stat.S_IMODE(state.st_mode)


def _replace(folder: int, name: str, mode: int, content: bytes) -> None:
    beside = f".{name}.{os.getpid()}.new"  # files that begin with a dot are no artifacts
    with suppress(FileNotFoundError):
        os.unlink(beside, dir_fd=folder)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(handle, mode)
        os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(beside, dir_fd=folder)
        raise
