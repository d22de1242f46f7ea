"""Git's objects: read through one long-lived process, written in one go, byte for byte."""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from types import TracebackType
from typing import NamedTuple, Self

from promptctl.core.limits import LOAD
from promptctl.errors import IntegrityError, RefusedError, Unavailable
from promptctl.gitcmd import Git, end

REGULAR = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
SUBMODULE = 0o160000
TREE = 0o040000

_PACK_TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_REQUEST_BYTES = 4_096  # requests below what every pipe holds can be written before an answer is read
_CHUNK_BYTES = 65_536
_TYPES = {TREE: "tree", SUBMODULE: "commit"}
_ENTRY = re.compile(rb"([0-7]{1,8}) ([^\0]{0,8192})\0")  # of a tree (gitformat-tree); the id stands behind it
_TREE_FILES = 200_000  # a few nested trees that name each other ten times over would be billions
_FOREIGN = "promptctl did not write it: git cat-file -p NAME shows it"


class StoredObject(NamedTuple):
    """One object. `data` is empty where `size_bytes` is over the limit of the reader."""

    type: str
    oid: str
    data: bytes
    size_bytes: int


class TreeEntry(NamedTuple):
    """One line of a tree. `name` is a path below the tree asked for; bytes not UTF-8 are surrogates."""

    mode: int
    type: str
    oid: str
    name: str


class Objects:
    """The object database of one repository; a context manager.

    Reading starts one `git cat-file --batch` on first use. Writing keeps objects in memory, where `read` of
    their id already finds them, until `flush` stores all of them with one process: what decides not to go
    on leaves nothing behind. `promptctl.store.refs` flushes before it moves a ref.
    """

    def __init__(self, git: Git, *, hash_name: str = "sha1") -> None:
        self._git = git
        self._hash_name = hash_name
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._inherited: subprocess.Popen[bytes] | None = None
        self._staged: dict[str, StoredObject] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reading process; the next read starts another."""
        if self._process is not None:
            process, self._process = self._process, None
            end(process)

    def read(self, name: str, *, limit_bytes: int = LOAD.bundle_size_bytes) -> StoredObject | None:
        """Return the object that `name` (an id, a full ref, `REV:path`) means, or None where there is none.

        Raises `RefusedError` where it is larger than `limit_bytes`, which is looked at before reading.
        """
        (found,) = self.read_many([name], limit_bytes=limit_bytes)
        if found is not None and found.size_bytes > limit_bytes:
            raise RefusedError(
                f"{name} has {found.size_bytes:,} bytes; at most {limit_bytes:,} are read", hint=_FOREIGN
            )
        return found

    def read_many(
        self, names: Sequence[str], *, limit_bytes: int = LOAD.bundle_size_bytes
    ) -> list[StoredObject | None]:
        """Return what each name means, in their order; an object over the limit comes without its data."""
        found = {name: self._staged[name] for name in names if name in self._staged}
        asked = [name for name in names if name not in found and _is_askable(name)]
        answers = {name: answer for part in _parts(asked) for name, answer in self._ask(part, limit_bytes)}
        return [found.get(name) or answers.get(name) for name in names]

    def blob(self, name: str) -> bytes | None:
        """Return the bytes of a file (`REV:path` or an id), None where there is none.

        Raises `IntegrityError` where it is no file.
        """
        found = self.read(name)
        if found is not None and found.type != "blob":
            raise IntegrityError(f"{name} is a {found.type}, not a file", hint=_FOREIGN)
        return None if found is None else found.data

    def tree(self, treeish: str, *, recursive: bool = False) -> list[TreeEntry] | None:
        """Return the entries of a commit's, tag's or tree's tree in git's order, None where there is none.

        With `recursive` the files (and submodules) of all levels, sorted by path.
        """
        found = self.read(treeish)
        if found is not None and found.type in {"commit", "tag"}:
            found = self.read(f"{found.oid}^{{tree}}") or self._tree_of_staged(found)
        if found is None:
            return None
        if found.type != "tree":
            raise IntegrityError(f"{treeish} is a {found.type}, not a tree", hint=_FOREIGN)
        entries = list(_entries(found))
        return self.files(entries) if recursive else entries

    def files(self, entries: Sequence[TreeEntry]) -> list[TreeEntry]:
        """Return the files (and submodules) of all levels below these entries of one tree, sorted by path."""
        files: list[TreeEntry] = []
        level = list(entries)
        while level:
            files += [entry for entry in level if entry.type != "tree"]
            trees = [entry for entry in level if entry.type == "tree"]
            if len(files) + len(trees) > _TREE_FILES:
                raise RefusedError(f"a tree holds more than {_TREE_FILES:,} files")
            contents = self.read_many(list({tree.oid: None for tree in trees}))
            known = {content.oid: content for content in contents if content and content.type == "tree"}
            for tree in trees:
                if tree.oid not in known:
                    raise IntegrityError(
                        f"the tree {tree.oid} of {tree.name} is missing", hint="run git fsck"
                    )
            below = (entry for tree in trees for entry in _entries(known[tree.oid], f"{tree.name}/"))
            level = list(islice(below, _TREE_FILES + 1))  # one too many is enough to know
        return sorted(files, key=attrgetter("name"))

    def write_blob(self, data: bytes) -> str:
        """Stage a file's bytes; return their id."""
        return self._stage("blob", data)

    def write_tree(self, entries: Iterable[TreeEntry]) -> str:
        """Stage a tree of these entries, in any order, each name one path segment; return its id."""
        lines = sorted(entries, key=lambda entry: entry.name + ("/" if entry.mode == TREE else ""))
        data = b"".join(
            b"%o %s\x00%s"
            % (line.mode, line.name.encode("utf-8", "surrogateescape"), bytes.fromhex(line.oid))
            for line in lines
        )
        return self._stage("tree", data)

    def write_commit(self, data: bytes) -> str:
        """Stage a commit of exactly these bytes; return its id."""
        return self._stage("commit", data)

    def write_tag(self, data: bytes) -> str:
        """Stage an annotated tag of exactly these bytes; return its id."""
        return self._stage("tag", data)

    def flush(self) -> None:
        """Store everything staged. Raises `RefusedError` where git cannot (a full disk, say)."""
        if not self._staged:
            return
        # A pack read by `unpack-objects` stores any number of objects of all types with one process, under
        # git's own rules for temporary files and permissions, and never rewrites a byte of a commit, as
        # `commit-tree` does; `hash-object` and `mktree` take one process per type or per object.
        self._git.run("unpack-objects", "-q", stdin=_pack(list(self._staged.values()), self._hash_name))
        self._staged.clear()

    def _stage(self, kind: str, data: bytes) -> str:
        oid = object_id(kind, data, self._hash_name)
        self._staged[oid] = StoredObject(kind, oid, data, len(data))
        return oid

    def _tree_of_staged(self, commit: StoredObject) -> StoredObject | None:
        return (
            self.read(commit.data[5 : commit.data.index(b"\n")].decode()) if commit.type == "commit" else None
        )

    def _ask(self, names: Sequence[str], limit_bytes: int) -> Iterator[tuple[str, StoredObject | None]]:
        if self._owner != os.getpid():  # forked off: two who ask one process would get each other's answers
            self._owner, self._inherited, self._process = os.getpid(), self._process, None
        process = self._process = self._process or self._git.start(
            "cat-file", "--batch", stderr=subprocess.DEVNULL
        )
        try:
            assert process.stdin is not None  # noqa: S101 - `start` opens all pipes
            process.stdin.write("".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape"))
            process.stdin.flush()
            answers = [_answer(process, limit_bytes) for _ in names]
        except (OSError, EOFError):
            self.close()
            raise Unavailable("git cat-file ended unexpectedly", hint="run git fsck") from None
        except BaseException:
            self.close()  # an answer half read would be taken for the next one
            raise
        return zip(names, answers, strict=True)


def object_id(kind: str, data: bytes, hash_name: str = "sha1") -> str:
    """Return the id that git gives an object."""
    import hashlib  # two milliseconds that reading does not need

    return hashlib.new(
        hash_name, b"%s %d\x00%s" % (kind.encode(), len(data), data), usedforsecurity=False
    ).hexdigest()


def _is_askable(name: str) -> bool:
    return bool(name) and "\n" not in name and "\x00" not in name and len(name) < _REQUEST_BYTES // 4


def _parts(names: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    room = _REQUEST_BYTES
    for name in names:
        size = len(name.encode("utf-8", "surrogateescape")) + 1
        if size > room and part:
            yield part
            part, room = [], _REQUEST_BYTES
        part.append(name)
        room -= size
    if part:
        yield part


def _answer(process: subprocess.Popen[bytes], limit_bytes: int) -> StoredObject | None:
    stream = process.stdout
    assert stream is not None  # noqa: S101 - `start` opens all pipes
    head = stream.readline()
    if not head:
        raise EOFError
    words = head.decode("utf-8", "replace").rstrip("\n").rsplit(" ", 2)
    if len(words) != 3 or words[1] not in _PACK_TYPES:
        return None  # "NAME missing", "NAME ambiguous"
    oid, kind, size_bytes = words[0], words[1], int(words[2])
    keep = size_bytes <= limit_bytes
    data = stream.read(size_bytes) if keep else b""
    left = 1 + (0 if keep else size_bytes)
    while left:
        skipped = stream.read(min(left, _CHUNK_BYTES))
        if not skipped:
            raise EOFError
        left -= len(skipped)
    return StoredObject(kind, oid, data, size_bytes)


def _entries(tree: StoredObject, prefix: str = "") -> Iterator[TreeEntry]:
    data, width = tree.data, len(tree.oid) // 2
    at, end = 0, len(data)
    while at < end:
        found = _ENTRY.match(data, at)
        if found is None or found.end() + width > end:
            raise IntegrityError(f"the tree {tree.oid} is malformed", hint="run git fsck")
        mode, name = found.groups()
        at = found.end() + width
        number = int(mode, 8)
        path = prefix + name.decode("utf-8", "surrogateescape")
        yield TreeEntry(number, _TYPES.get(number, "blob"), data[found.end() : at].hex(), path)


def _pack(objects: Sequence[StoredObject], hash_name: str) -> bytes:
    """Return a version 2 pack (gitformat-pack) of whole objects."""
    body = b"PACK" + (2).to_bytes(4, "big") + len(objects).to_bytes(4, "big")
    body += b"".join(_pack_head(each) + zlib.compress(each.data, 1) for each in objects)
    import hashlib

    return body + hashlib.new(hash_name, body, usedforsecurity=False).digest()


def _pack_head(each: StoredObject) -> bytes:
    head = bytearray()
    byte, size = _PACK_TYPES[each.type] << 4 | each.size_bytes & 15, each.size_bytes >> 4
    while size:
        head.append(byte | 128)
        byte, size = size & 127, size >> 7
    head.append(byte)
    return bytes(head)
