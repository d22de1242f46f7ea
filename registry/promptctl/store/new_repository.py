"""A new git repository for a new registry, made with GitPython."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promptctl.errors import RefusedError
from promptctl.gitcmd import Git, cleaned


def create_repository(directory: Path, environ: Mapping[str, str]) -> None:
    """Make `directory`, which exists, the work tree of an empty repository whose branch is `main`.

    Raises `Unavailable` where git is missing or too old, `RefusedError` where git cannot.
    """
    git = Git(directory, environ=environ)
    git.require_version()
    from git import GitCommandError, Repo

    try:
        Repo.init(directory, initial_branch="main", quiet=True, env=git.environment()).close()
    except GitCommandError as error:
        words = cleaned(str(error.stderr).encode())
        raise RefusedError(f"git init refused: {words}", hint="may you write there?") from None
