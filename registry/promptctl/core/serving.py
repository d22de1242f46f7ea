"""What a screen shows of a lock, read in half the time that a `Lock` takes.

These are named tuples: a registry has thousands of them, and a class of this kind is made in a tenth of the
time of a dataclass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from promptctl.core.lock import Hold, checked, holds_of


class Served(NamedTuple):
    """What a screen shows of a pin."""

    version: str
    digest: str
    since: str
    by: str


class Serving(NamedTuple):
    """What serves in an environment. Nothing is promoted or rolled back from it: that needs a `Lock`.

    `plain` are the checked pins of `lock.json`, the earlier ones with them.
    """

    environment: str
    sequence: int = 0
    pins: Mapping[str, Served] = {}  # a default, never written to
    holds: tuple[Hold, ...] = ()
    plain: Mapping[str, Any] = {}

    def release_of(self, digest: str) -> tuple[str, str] | None:
        """Return address and version of the pin, serving or earlier, that has a digest."""
        for address, pin in self.plain.items():
            for each in (pin, *pin["previous"]):
                if each["digest"] == digest:
                    return address, each["version"]
        return None


def parse(content: bytes, *, environment: str) -> Serving:
    """Return what serves; raise `IntegrityError` where `promptctl.core.lock.parse` does."""
    plain = checked(content, environment)
    pins = {
        address: Served(each["version"], each["digest"], each["since"], each["by"])
        for address, each in plain["pins"].items()
    }
    return Serving(environment, plain["sequence"], pins, holds_of(plain), plain["pins"])
