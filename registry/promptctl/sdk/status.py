"""What a handle says about itself."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    State = Literal["READY", "STALE", "ERROR"]
    Origin = Literal["source", "cache", "bundled"]


@dataclass(frozen=True, slots=True)
class Status:
    """A moment of a handle, read-only; the handle never changes one that it gave away.

    `READY`: what serves is what the source said when it was last asked. `STALE`: the source could not be
    asked; the last good releases serve. `ERROR`: that has lasted for five minutes, or the source offers
    something that did not pass verification; the last good releases serve all the same. `reason` says why,
    and is empty when READY. `origin` says where that which serves came from, `checked_s_ago` how long ago the
    source last confirmed it (None: never in this process), `serving` is version by address, and `warnings`
    are troubles that change nothing of what serves, such as a cache that cannot be written.
    """

    state: State
    reason: str
    environment: str
    origin: Origin
    sequence: int
    commit: str
    checked_s_ago: float | None
    serving: Mapping[str, str] = field(repr=False)
    warnings: tuple[str, ...] = ()
