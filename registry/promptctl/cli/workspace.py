"""The registry that a command works on, opened from what the command line knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from promptctl.cli.output.text import note, safe

if TYPE_CHECKING:
    from promptctl.cli.context import Context
    from promptctl.services.resolve import Workspace


def open_workspace(context: Context) -> Workspace:
    """Return the registry that the command's directory lies in; what is noted goes to standard error."""
    from promptctl.services.resolve import Workspace

    return Workspace(context.directory, context.environ, lambda text: note(context, safe(text)))


def damage(damaged: Mapping[str, str]) -> list[str]:
    """Return the lines that say which environments cannot be read, and why."""
    lines = [f"env/{name} is left out: {safe(why)}" for name, why in damaged.items()]
    return [*lines, "→ promptctl verify says which commit broke it"] if lines else []
