"""The registry that a command works on, opened from what the command line knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptctl.cli.output.text import note, safe

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.services.resolve import Workspace


def open_workspace(context: Context) -> Workspace:
    """Return the registry that the command's directory lies in; what is noted goes to standard error."""
    from promptctl.services.resolve import Workspace

    return Workspace(context.directory, context.environ, lambda text: note(context, safe(text)))
