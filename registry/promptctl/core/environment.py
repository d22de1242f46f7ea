"""The files of an environment branch that a runtime reads, and where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Mapping

LOCK = "lock.json"
LOCK_SIGNATURE = "lock.json.sig"

_COMMITTER = re.compile(rb"^committer [^\n]*> ([0-9]{1,11}) [+-][0-9]{4}$", re.MULTILINE)


def committed_s(commit: bytes) -> int | None:
    """Return when a commit object says it was made, in seconds since 1970; None where it does not say."""
    found = _COMMITTER.search(commit.partition(b"\n\n")[0])
    return int(found[1]) if found else None


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
