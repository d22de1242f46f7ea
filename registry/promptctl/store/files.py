"""The files of a registry, as they stand in a work tree or in a commit, before anybody parses them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Protocol

from promptctl.checks.git_attributes import NAME as ATTRIBUTES
from promptctl.core.limits import LOAD
from promptctl.core.names import FOLDERS
from promptctl.core.signers import ALLOWED, REVOKED
from promptctl.errors import IntegrityError, RefusedError
from promptctl.store.objects import (
    EXECUTABLE,
    REGULAR,
    SUBMODULE,
    SYMLINK,
    Objects,
    StoredObject,
    TreeEntry,
    object_id,
)

PIPELINE = "promptctl.yaml"

_MODES = {REGULAR: f"{REGULAR:06o}"}
SIGNERS = (ALLOWED, REVOKED)
_SIGNERS_FOLDER = ALLOWED.partition("/")[0]
_TOP_FILES = (PIPELINE, ATTRIBUTES)
_IGNORED = re.compile(rf"/(?:_|\.(?!{ATTRIBUTES[1:]}(?:/|\Z))|README\.md(?:/|\Z))")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file. `path` is relative to the registry's root, with `/`; bytes that are not UTF-8 are surrogates.

    `mode` is git's (0o100644, 0o100755, 0o120000 a symlink, 0o160000 a submodule) or, in a work tree, the
    type bits of what is no file at all (a pipe, a device). `data` is empty where the mode is no regular
    file's, and where `size_bytes` is over the limit of a load.
    """

    path: str
    data: bytes
    mode: int
    size_bytes: int

    @property
    def is_regular(self) -> bool:
        """Whether it is a file with bytes, neither a symlink nor anything else."""
        return _is_regular(self.mode)


class Source(Protocol):
    """Where the files of a registry are."""

    def states(self) -> Mapping[str, str]:
        """Return by path what tells one state of a file from any other: git's mode, and the id of its bytes
        as a blob.
        """

    def load(self, paths: Iterable[str]) -> list[SourceFile]:
        """Return the files of these paths, in their order."""


class WorkTree:
    """The registry's files below `root`, sorted by path, as they were when this was made.

    Symlinks are not followed, and nothing but regular files is opened. Raises `RefusedError` where a file
    cannot be read.
    """

    def __init__(self, root: Path) -> None:
        try:
            found = [
                file for name in (*FOLDERS.values(), *_TOP_FILES, *SIGNERS) for file in _walk(root, name)
            ]
        except OSError as error:
            raise RefusedError(f"{error.filename} cannot be read: {error.strerror}") from None
        self._files = {file.path: file for file in sorted(found, key=attrgetter("path"))}
        self._states = {path: _state(file.mode, _identity(file)) for path, file in self._files.items()}

    def states(self) -> dict[str, str]:
        """Return by path the mode and the blob id; of what was not read, its size."""
        return self._states

    def load(self, paths: Iterable[str]) -> list[SourceFile]:
        """Return the files of these paths, in their order."""
        return [self._files[path] for path in paths]

    def all(self) -> list[SourceFile]:
        """Return every file."""
        return list(self._files.values())


class Tree:
    """The registry's files in a commit or tree, sorted by path.

    With `folders`, only what lies in these. Raises `RefusedError` where there is no such commit,
    `IntegrityError` where the bytes of a file that is read are missing.
    """

    def __init__(self, objects: Objects, treeish: str, *, folders: Sequence[str] = ()) -> None:
        top = objects.tree(treeish)
        if top is None:
            raise RefusedError(f"{treeish} is no commit of this repository", hint="git fetch, then try again")
        top = [each for each in top if not folders or each.name in folders]
        entries = [each for each in objects.files(_registry_entries(top)) if _is_looked_at(each.name)]
        self._objects = objects
        self._entries = {each.name: each for each in entries}
        self._states = {each.name: _state(each.mode, each.oid) for each in entries}

    def states(self) -> dict[str, str]:
        """Return by path the mode and the blob id."""
        return self._states

    def load(self, paths: Iterable[str]) -> list[SourceFile]:
        """Return the files of these paths, in their order."""
        entries = [self._entries[path] for path in paths]
        oids = list({each.oid: None for each in entries if _is_regular(each.mode)})
        blobs = dict(zip(oids, self._objects.read_many(oids, limit_bytes=LOAD.file_size_bytes), strict=True))
        return [_stored_file(each, blobs.get(each.oid)) for each in entries]


def from_work_tree(root: Path) -> list[SourceFile]:
    """Return the registry's files below `root`, sorted by path; raises what `WorkTree` raises."""
    return WorkTree(root).all()


def from_tree(
    objects: Objects, treeish: str, *, folders: Sequence[str] = (), names_only: Sequence[str] = ()
) -> list[SourceFile]:
    """Return the registry's files in a commit or tree, sorted by path; raises what `Tree` raises.

    With `folders`, only what lies in these; what lies in `names_only` comes without its bytes.
    """
    tree = Tree(objects, treeish, folders=(*folders, *names_only) if folders else ())
    paths = tree.states()
    unread = {path for path in paths if path.partition("/")[0] in names_only}
    read = {file.path: file for file in tree.load(paths.keys() - unread)}
    return [read.get(path) or SourceFile(path, b"", int(state[:6], 8), 0) for path, state in paths.items()]


def _state(mode: int, identity: str) -> str:
    return f"{_MODES.get(mode) or format(mode, '06o')} {identity}"


def _identity(file: SourceFile) -> str:
    return object_id("blob", file.data) if len(file.data) == file.size_bytes else f"{file.size_bytes} bytes"


def _stored_file(entry: TreeEntry, blob: StoredObject | None) -> SourceFile:
    if not _is_regular(entry.mode):
        return SourceFile(entry.name, b"", entry.mode, 0)
    if blob is None:
        raise IntegrityError(f"{entry.name} is missing from the repository", hint="run git fsck")
    return SourceFile(entry.name, blob.data, entry.mode, blob.size_bytes)


def _is_regular(mode: int) -> bool:
    return mode & 0o170000 == 0o100000


def _registry_entries(top: Iterable[TreeEntry]) -> list[TreeEntry]:
    """Return what belongs to the registry; what is no folder in a folder's place is for a rule to refuse."""
    folders = frozenset((*FOLDERS.values(), _SIGNERS_FOLDER))
    return [each for each in top if each.name in folders or (each.name in _TOP_FILES and each.type != "tree")]


def _is_looked_at(path: str) -> bool:
    return path in SIGNERS or not (path.startswith(_SIGNERS_FOLDER) or _IGNORED.search(path))


def _walk(root: Path, top: str) -> Iterator[SourceFile]:
    waiting = [top]
    while waiting:
        path = waiting.pop()
        place = root / path
        try:
            state = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if not stat.S_ISDIR(state.st_mode):
            yield _file(place, path, state)
        elif (place / ".git").exists():
            yield SourceFile(path, b"", SUBMODULE, 0)
        elif path not in (*_TOP_FILES, *SIGNERS):
            below = (f"{path}/{each.name}" for each in place.iterdir())
            waiting += (each for each in below if not _IGNORED.search(each))


def _file(place: Path, path: str, state: os.stat_result) -> SourceFile:
    if stat.S_ISLNK(state.st_mode):
        return SourceFile(path, b"", SYMLINK, state.st_size)
    if not stat.S_ISREG(state.st_mode):
        return SourceFile(path, b"", stat.S_IFMT(state.st_mode), 0)
    mode = EXECUTABLE if state.st_mode & stat.S_IXUSR else REGULAR
    if state.st_size > LOAD.file_size_bytes:
        return SourceFile(path, b"", mode, state.st_size)
    # What was a file may be a pipe or a link by now: neither is followed or waited for.
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(LOAD.file_size_bytes)
    return SourceFile(path, data, mode, len(data))
