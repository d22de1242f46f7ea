"""The disk cache: what was last verified, so that a new process starts while the source is away.

Nothing here is ever fatal or trusted: a file that cannot be read, is torn, or was changed counts as absent,
and what is read passes the same verification as what comes from the source.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from promptctl.core.places import cache_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_MAGIC = b"promptctl.cache/v1"


class Cache:
    """Files below one directory, which several processes may share. `trouble` says why writing fails."""

    def __init__(self, directory: Path, url: str) -> None:
        self._directory = directory / hashlib.sha256(url.encode()).hexdigest()[:32]
        self.trouble: str = ""

    @property
    def repository(self) -> Path:
        """Return where the bare repository of git sources belongs."""
        return self._directory / "repository.git"

    def read(self, key: str) -> dict[str, bytes] | None:
        """Return the files kept under `key`, None where there is nothing whole."""
        try:
            return _unpacked(_content(self._path(key)))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def write(self, key: str, files: Mapping[str, bytes]) -> None:
        """Keep files under `key`, all or none of them. A failure is left in `trouble`."""
        path = self._path(key)
        # No fsync: the checksum finds a file that a power cut left half-written, and the source has it all.
        passing = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            passing.write_bytes(_packed(files))
            passing.replace(path)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"the disk cache cannot be written: {error}"
            with suppress(OSError):
                passing.unlink()

    def _path(self, key: str) -> Path:
        return self._directory / f"{key}.cache"


def environment_key(environment: str) -> str:
    """Return the key of an environment's snapshot."""
    return f"env/{environment}"


def release_key(address: str, version: str) -> str:
    """Return the key of one release."""
    return f"{address}/v{version}"


def default_directory() -> Path:
    """Return the user's cache directory for promptctl, by the rules of the platform."""
    # Without a home `~` stays as it is and cannot be made, which is a warning; `Path.expanduser` raises.
    return Path(cache_directory(sys.platform, os.environ, os.path.expanduser("~")))  # noqa: PTH111


def _content(path: Path) -> bytes:
    """Return what a regular file holds; a pipe or a device, which could keep us waiting, is an `OSError`."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # each is one platform's
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path} is not a regular file")
        return file.read()


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Two lines, then the bytes of all files: the magic and the sha256 of all that follows; the sizes."""
    sizes = json.dumps([[name, len(content)] for name, content in files.items()]).encode()
    body = b"\n".join([sizes, b"".join(files.values())])
    return b"%s %s\n%s" % (_MAGIC, hashlib.sha256(body).hexdigest().encode(), body)


def _unpacked(content: bytes) -> dict[str, bytes] | None:
    first, _, body = content.partition(b"\n")
    if first != b"%s %s" % (_MAGIC, hashlib.sha256(body).hexdigest().encode()):
        return None
    sizes, _, rest = body.partition(b"\n")
    files, start = {}, 0
    for name, size in json.loads(sizes):
        files[name] = rest[start : start + size]
        start += size
    return files
