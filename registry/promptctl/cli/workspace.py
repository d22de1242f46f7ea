"""The registry that a command works on, opened from what the command line knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from promptctl.cli.output.text import note, safe
from promptctl.errors import UsageError

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.services.workspace import Workspace


def open_workspace(context: Context) -> Workspace:
    """Return the registry that the command's directory lies in; what is noted goes to standard error."""
    from promptctl.services.workspace import Workspace

    return Workspace(context.directory, context.environ, lambda text: note(context, safe(text)))


def inside(root: Path, directory: Path, path: str) -> str:
    """Return a path below the registry's root; raise `UsageError` for one that is elsewhere.

    Links are not followed: a link in the registry is itself a finding.
    """
    place = Path(os.path.normpath(directory.absolute() / path))
    base = Path(os.path.normpath(root))
    if not place.is_relative_to(base):
        raise UsageError(f"{path} is outside of the registry {base}", hint="name files of the registry")
    return place.relative_to(base).as_posix()
