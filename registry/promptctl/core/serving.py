"""What a screen shows of an environment's files, read in half the time that a `Lock` takes.

These are named tuples: a registry has thousands of them, and a class of this kind is made in a tenth of the
time of a dataclass.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import itemgetter
from typing import NamedTuple

from promptctl.core.lock import Hold, checked, holds_of
from promptctl.errors import IntegrityError


class Served(NamedTuple):
    """What a screen shows of a pin, and what it can be compared with."""

    version: str
    digest: str
    since: str
    by: str
    tag: str
    tag_object: str
    tree: str


class Serving(NamedTuple):
    """What serves in an environment. Nothing is promoted or rolled back from it: that needs a `Lock`.

    `content` is `lock.json`: the earlier pins in there are unchecked.
    """

    environment: str
    sequence: int = 0
    pins: Mapping[str, Served] = {}  # a default, never written to
    holds: tuple[Hold, ...] = ()
    content: bytes = b""

    def release_of(self, digest: str) -> tuple[str, str] | None:
        """Return address and version of the pin, serving or earlier, that has a digest."""
        for address, pin in self.pins.items():
            if pin.digest == digest:
                return address, pin.version
        if digest.encode("utf-8", "replace") not in self.content:
            return None
        earlier = json.loads(self.content)["pins"].items()
        found = (
            (address, each) for address, pin in earlier for each in pin["previous"] if type(each) is dict
        )
        return next(
            ((address, str(each.get("version"))) for address, each in found if each.get("digest") == digest),
            None,
        )


class Waiver(NamedTuple):
    """A gate that somebody set aside for one release."""

    gate: str
    address: str
    reason: str
    by: str


class Change(NamedTuple):
    """The newest change of an environment, as `promotion.json` tells it: moves are (address, from, to)."""

    action: str
    by: str
    at: str
    reason: str
    moves: tuple[tuple[str, str | None, str | None], ...]
    waivers: tuple[Waiver, ...]


_BEGIN = b'\n      "previous": [\n'
_END = b"\n      ]"
_OF_PIN = itemgetter(*Served._fields)
_OF_CHANGE = itemgetter("action", "by", "at", "reason")
_OF_MOVE = itemgetter("address", "from", "to")
_OF_WAIVER = itemgetter(*Waiver._fields)


def parse(content: bytes, *, environment: str) -> Serving:
    """Return what serves; raise `IntegrityError` where `promptctl.core.lock.parse` does.

    Only earlier pins, which no screen shows, may be anything.
    """
    try:
        plain = checked(_without_earlier(content), environment, earlier=False)
    except IntegrityError:  # because of how it is laid out, or truly
        plain = checked(content, environment, earlier=False)
    pins = {address: Served._make(_OF_PIN(each)) for address, each in plain["pins"].items()}
    return Serving(environment, plain["sequence"], pins, holds_of(plain), content)


def _without_earlier(content: bytes) -> bytes:
    """Return a lock without the pins that served before, two thirds of it, which then need not be parsed.

    Goes by the one layout in which locks are written. In any other what is cut off has a bracket too few, so
    that what is left is no JSON.
    """
    parts, at = [], 0
    while (begin := content.find(_BEGIN, at)) >= 0 and (end := content.find(_END, begin)) >= 0:
        parts.append(content[at : begin + len(_BEGIN)])
        at = end
    return b"".join([*parts, content[at:]])


def parse_change(content: bytes) -> Change | None:
    """Return what a `promotion.json` tells a screen, None where it cannot be read: `verify` says why."""
    try:
        plain = json.loads(content)
        texts = _OF_CHANGE(plain)
        moves = tuple(_OF_MOVE(each) for each in plain["changes"])
        waivers = tuple(Waiver._make(map(str, _OF_WAIVER(each))) for each in plain["waivers"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(isinstance(each, str) for each in texts):
        return None
    return Change._make((*texts, moves, waivers))
