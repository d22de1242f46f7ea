"""What commands that tell what serves have in common: a pin as JSON, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptctl.cli.output.text import note, safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptctl.cli.context import Context
    from promptctl.core.serving import Served


def pin_json(pin: Served) -> dict[str, str]:
    """Return what serves, since when and by whom."""
    return {"version": pin.version, "digest": pin.digest, "since": pin.since, "by": pin.by}


def note_gaps(context: Context, damaged: Mapping[str, str], stale: str = "") -> None:
    """Say which environments cannot be read, and why, and that the remote was not asked, if it was not."""
    for name, why in damaged.items():
        note(context, f"env/{name} is left out: {safe(why)}")
    if damaged:
        note(context, "→ promptctl verify says which commit broke it")
    if stale:
        note(context, f"as last fetched: {safe(stale)}")
