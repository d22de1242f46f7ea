"""The files of an environment branch that a runtime reads, and where they are."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Mapping

LOCK = "lock.json"
LOCK_SIGNATURE = "lock.json.sig"


def bundle_path(address: str) -> str:
    """Return where an environment branch has the bundle of a pinned release."""
    return f"releases/{address}/bundle.json"


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What a source offers: `lock.json` and the bundles it pins by path, and what names this state (the id of
    the commit). `warnings` are troubles of the source that keep nothing from serving; `seconds` is when the
    commit was made, counted from 1970, UTC, where that is known.
    """

    commit: str
    files: Mapping[str, bytes] = field(repr=False)
    warnings: tuple[str, ...] = ()
    seconds: int | None = None
