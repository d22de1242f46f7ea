"""A new git repository for a new registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promptctl.gitcmd import Git


def create_repository(directory: Path, environ: Mapping[str, str]) -> None:
    """Make `directory`, which exists, the work tree of an empty repository whose branch is `main`.

    Raises `Unavailable` where git is missing or too old, `RefusedError` where git cannot.
    """
    Git(directory, environ=environ).run("init", "--quiet", "--initial-branch=main")
