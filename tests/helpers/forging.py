"""The evidence branch as somebody writes it who may push, and not as promptctl would."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.repositories import Clone

from promptctl.model.statements import Statement, name_of
from promptctl.sshsig import NAMESPACE, sign
from promptctl.store.evidence import folder_of

Files = Mapping[str, bytes | tuple[str, bytes | str] | None]
"""By path: bytes, or (mode, bytes or an id), or None for what is taken away."""


@dataclass(frozen=True)
class Forger:
    """Somebody who may push to `evidence`. `head` is the branch in this repository."""

    clone: Clone
    head: str = "refs/heads/evidence"

    def commit(self, files: Files, *, parents: tuple[str, ...] | None = None, on: str | None = None) -> str:
        """Move the branch to a commit whose tree is that of `on` (default: the head) with other files."""
        head = self.clone.git("rev-parse", "--verify", "--quiet", self.head, check=False)
        git = Clone(self.clone.path, {**self.clone.environ, "GIT_INDEX_FILE": str(self._index())})
        base = head if on is None else on
        git.git("read-tree", base) if base else git.git("read-tree", "--empty")
        for path, content in files.items():
            self._put(git, path, content)
        above = parents if parents is not None else ((head,) if head else ())
        words = [word for parent in above for word in ("-p", parent)]
        commit = git.git("commit-tree", git.git("write-tree"), "-m", "by hand", *words)
        git.git("update-ref", self.head, commit)
        return commit

    def _index(self) -> Path:
        return self.clone.path / ".git" / f"index-{os.urandom(4).hex()}"

    def _put(self, git: Clone, path: str, content: bytes | tuple[str, bytes | str] | None) -> None:
        if content is None:
            git.git("update-index", "--force-remove", path)
            return
        mode, what = content if isinstance(content, tuple) else ("100644", content)
        oid = git.git("hash-object", "-w", "--stdin", stdin=what) if isinstance(what, bytes) else what
        git.git("update-index", "--add", "--replace", "--cacheinfo", f"{mode},{oid},{path}")


def place(statement: Statement) -> str:
    """Return the path of a statement, without its ending."""
    return f"{folder_of(statement.address, statement.digest)}/{name_of(statement.to_bytes())}"


def signature(content: bytes, key: os.PathLike[str], namespace: str = NAMESPACE) -> bytes:
    """Return a real signature."""
    return sign(content, key=os.fspath(key), namespace=namespace, environ=os.environ)


def signed(statement: Statement, key: os.PathLike[str], *, namespace: str = NAMESPACE) -> dict[str, bytes]:
    """Return the two files of a statement that is signed with a key, whoever it says it is by."""
    content = statement.to_bytes()
    where = place(statement)
    return {f"{where}.json": content, f"{where}.json.sig": signature(content, key, namespace)}
