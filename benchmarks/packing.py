"""Git objects by the hundred thousand: written as one pack, with ids known at once, and refs as one file."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path

from promptctl.gitcmd import Git
from promptctl.store.objects import Objects, object_id

_TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


class Packed(Objects):
    """Takes objects as `Objects` does, so that the product's own writers make them, and keeps none in memory.

    `finish` hands them to `git index-pack`, which checks every one.
    """

    def __init__(self, repository: Path) -> None:
        super().__init__(Git(repository, environ=os.environ, git_dir=repository))
        self._repository = repository
        self._path = repository / "objects" / "pack" / "incoming.pack"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._path.open("w+b")
        self._stream.write(_pack_header(0))
        self._known: set[bytes] = set()

    def _stage(self, kind: str, data: bytes) -> str:
        oid = object_id(kind, data)
        key = bytes.fromhex(oid)
        if key not in self._known:
            self._known.add(key)
            self._stream.write(_object_header(kind, len(data)) + zlib.compress(data, 1))
        return oid

    def finish(self) -> None:
        """Complete the pack and give it to the repository."""
        self._stream.seek(0)
        self._stream.write(_pack_header(len(self._known)))
        self._stream.seek(0)
        digest = hashlib.file_digest(self._stream, "sha1").digest()
        self._stream.seek(0, os.SEEK_END)
        self._stream.write(digest)
        self._stream.close()
        name = subprocess.run(
            ["git", "index-pack", self._path],
            cwd=self._repository,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for suffix in (".pack", ".idx"):
            self._path.with_suffix(suffix).rename(self._path.with_name(f"pack-{name}{suffix}"))
        self._path.with_suffix(".rev").unlink(missing_ok=True)


def write_packed_refs(repository: Path, refs: Mapping[str, tuple[str, str | None]]) -> None:
    """Write all refs of a repository. Each is an id and, for an annotated tag, the id that the tag names."""
    lines = ["# pack-refs with: peeled fully-peeled sorted "]
    for ref, (oid, peeled) in sorted(refs.items()):
        lines.append(f"{oid} {ref}")
        lines += [f"^{peeled}"] if peeled else []
    (repository / "packed-refs").write_text("\n".join(lines) + "\n")


def _pack_header(count: int) -> bytes:
    return b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big")


def _object_header(kind: str, size: int) -> bytes:
    head = bytearray()
    byte, size = _TYPES[kind] << 4 | size & 15, size >> 4
    while size:
        head.append(byte | 128)
        byte, size = size & 127, size >> 7
    head.append(byte)
    return bytes(head)
