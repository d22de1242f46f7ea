"""The configuration of a repository itself, written: promptctl works with a view that has its own."""

from __future__ import annotations

from promptctl.gitcmd import Git
from promptctl.store.repository import Repository


def add(repository: Repository, key: str, value: str) -> None:
    """Add a value to a key, as `git config --local --add` does. Raises `RefusedError` where git does."""
    git = Git(repository.layout.root, environ=repository.git.environ)
    git.run("config", "--local", "--add", key, value)  # reads and writes the file, and runs nothing
