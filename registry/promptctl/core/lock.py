"""The lock of an environment: what serves there, what served before, what is held.

Pure rules: every change gives a new lock whose sequence is one higher. What a change means in git is
`promptctl.store.environments`.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, replace
from operator import itemgetter

from promptctl.core.limits import LOAD, PREVIOUS_PINS
from promptctl.core.names import split_address
from promptctl.errors import IntegrityError, RefusedError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Mapping
    from typing import Any, Literal, TypeAlias

    HoldScope: TypeAlias = Literal["digest", "name", "environment"]
else:
    HoldScope = str

SCHEMA = "promptctl.lock/v1"


@dataclass(frozen=True, slots=True)
class Pin:
    """One release in an environment. `since` is UTC; `previous` is newest first, at most ten."""

    version: str
    digest: str
    tag: str
    tag_object: str
    commit: str
    tree: str
    since: str
    by: str
    previous: tuple[Pin, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A stop on one digest, one name (an address) or the whole environment."""

    scope: HoldScope
    value: str
    reason: str
    by: str
    since: str


@dataclass(frozen=True, slots=True)
class Lock:
    """What serves in an environment: pins by address."""

    environment: str
    sequence: int = 0
    pins: Mapping[str, Pin] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()

    def holds_on(self, address: str, digest: str) -> tuple[Hold, ...]:
        """Return the holds that stop a promotion of this digest under this address."""
        values = {"digest": digest, "name": address, "environment": self.environment}
        return tuple(hold for hold in self.holds if values[hold.scope] == hold.value)

    def pins_of(self, address: str) -> tuple[Pin, ...]:
        """Return what serves under an address and, newest first, what served before; nothing if none does."""
        pin = self.pins.get(address)
        return (pin, *pin.previous) if pin else ()

    def promoted(self, pins: Mapping[str, Pin]) -> Lock:
        """Return the lock with these pins serving; each outgoing pin goes on top of `previous`."""
        changed = {address: _on_top(self.pins.get(address), pin) for address, pin in pins.items()}
        return replace(self, sequence=self.sequence + 1, pins={**self.pins, **changed})

    def rollback_target(self, address: str, version: str | None = None, *, digest: str = "") -> Pin:
        """Return the earlier pin that a rollback restores: that version, or the newest not held.

        `digest` is that of the version, where known: what a rollback took out is held, and no earlier pin.
        """
        pin = self.pins.get(address)
        if pin is None:
            raise RefusedError(
                f"{address} does not serve in {self.environment}: nothing to roll back",
                hint=f"promptctl history --env {self.environment}",
            )
        for earlier in pin.previous:
            if version is not None and earlier.version != version:
                continue
            held = self._held(earlier.digest)
            if held is None:
                return earlier
            if version is not None:
                raise RefusedError(
                    f"{address} {version} is held in {self.environment}: {held.reason}",
                    hint=f"promptctl unhold {address}@{version} --env {self.environment} --reason …",
                )
        if version is not None and (held := self._held(digest)) is not None:
            name = f"{address.removeprefix('prompts/')}@{version}"
            raise RefusedError(
                f"{address} {version} is held in {self.environment}: {held.reason}",
                hint=f"promptctl unhold {name} --env {self.environment} --reason …,"
                f" then promptctl promote {name} --to {self.environment}",
            )
        wanted = f"version {version}" if version else "version that is not held"
        raise RefusedError(
            f"{address} has no earlier {wanted} in {self.environment}: nothing to roll back to",
            hint=f"promptctl history {address.removeprefix('prompts/')}",
        )

    def rolled_back(self, address: str, target: Pin, *, since: str, by: str, reason: str) -> Lock:
        """Return the lock with `target` serving again and a hold on the digest it replaces.

        Pins newer than the target are dropped and nothing is pushed: a second rollback goes further back.
        """
        outgoing = self.pins[address]
        rest = outgoing.previous[outgoing.previous.index(target) + 1 :]
        restored = replace(target, since=since, by=by, previous=rest)
        lock = replace(self, sequence=self.sequence + 1, pins={**self.pins, address: restored})
        if outgoing.digest == target.digest or self._held(outgoing.digest):
            return lock
        return replace(lock, holds=(*self.holds, Hold("digest", outgoing.digest, reason, by, since)))

    def restored(self, earlier: Lock, *, since: str, by: str, reason: str) -> Lock:
        """Return the lock with every pin as it was in `earlier`, and a hold on each digest that goes.

        What did not serve then serves no longer. What serves still keeps its `since`; the pins before each
        are those of then, so that a second rollback goes further back. Raise `RefusedError` naming every
        release that would come back though its digest is held.
        """
        self._refuse_held(earlier)
        pins = {address: self._again(address, pin, since, by) for address, pin in earlier.pins.items()}
        serving = {each.digest for each in pins.values()}
        gone = {each.digest: None for each in self.pins.values() if each.digest not in serving}
        holds = [Hold("digest", each, reason, by, since) for each in gone if self._held(each) is None]
        return replace(self, sequence=self.sequence + 1, pins=pins, holds=(*self.holds, *holds))

    def repaired(self, sequence: int) -> Lock:
        """Return the lock under a higher number; raise `RefusedError` where it is none."""
        if sequence <= self.sequence:
            raise RefusedError(
                f"env/{self.environment} is at number {self.sequence}: {sequence} is not higher",
                hint="choose the highest number that any clone or runtime has seen, plus one",
            )
        return replace(self, sequence=sequence)

    def held(self, hold: Hold) -> Lock:
        """Return the lock with one more hold; refuse one that is there already."""
        if any((each.scope, each.value) == (hold.scope, hold.value) for each in self.holds):
            raise RefusedError(f"{hold.value} is already held in {self.environment}", hint="promptctl status")
        return replace(self, sequence=self.sequence + 1, holds=(*self.holds, hold))

    def released(self, scope: HoldScope, value: str) -> Lock:
        """Return the lock without that hold; refuse where there is none."""
        kept = tuple(each for each in self.holds if (each.scope, each.value) != (scope, value))
        if len(kept) == len(self.holds):
            raise RefusedError(f"{value} is not held in {self.environment}", hint="promptctl status")
        return replace(self, sequence=self.sequence + 1, holds=kept)

    def release_of(self, digest: str) -> tuple[str, str] | None:
        """Return address and version of the pin, serving or earlier, that has a digest."""
        for address in self.pins:
            for each in self.pins_of(address):
                if each.digest == digest:
                    return address, each.version
        return None

    def to_bytes(self) -> bytes:
        """Return `lock.json`: keys sorted, indent 2, one final LF."""
        from promptctl.core.written import pretty_json

        return pretty_json({"schema": SCHEMA, **_plain(self)})

    def _refuse_held(self, earlier: Lock) -> None:
        held = [
            (address, pin.version, hold.reason)
            for address, pin in sorted(earlier.pins.items())
            if not self._serves(address, pin) and (hold := self._held(pin.digest))
        ]
        if held:
            lines = [f"{address} {version} is held: {reason}" for address, version, reason in held]
            address, version, _ = held[0]
            raise RefusedError(
                f"what served in {self.environment} at number {earlier.sequence} cannot come back:\n"
                + "\n".join(lines),
                hint=f"promptctl unhold {address}@{version} --env {self.environment} --reason …",
            )

    def _again(self, address: str, pin: Pin, since: str, by: str) -> Pin:
        serves = self.pins[address] if self._serves(address, pin) else None
        return replace(pin, since=serves.since if serves else since, by=serves.by if serves else by)

    def _serves(self, address: str, pin: Pin) -> bool:
        serves = self.pins.get(address)
        return serves is not None and (serves.version, serves.digest) == (pin.version, pin.digest)

    def _held(self, digest: str) -> Hold | None:
        return next((each for each in self.holds if (each.scope, each.value) == ("digest", digest)), None)


def parse(content: bytes, *, environment: str) -> Lock:
    """Return the lock of `lock.json`; raise `IntegrityError` where it is not exactly such a file."""
    plain = checked(content, environment)
    pins = {address: _pin(each) for address, each in plain["pins"].items()}
    return Lock(environment, plain["sequence"], pins, holds_of(plain))


def checked(content: bytes, environment: str, *, earlier: bool = True) -> dict[str, Any]:
    """Return the JSON of `lock.json`, of exactly the shape of a lock; refuse any other as `parse` does.

    Without `earlier` the pins that served before are not looked at, which are most of a lock.
    """
    if len(content) > LOAD.lock_size_bytes:
        raise _unreadable(
            environment, f"it has {len(content):,} bytes, and at most {LOAD.lock_size_bytes:,} are read"
        )
    try:
        plain = json.loads(content)
    except (ValueError, RecursionError):
        raise _unreadable(environment, "it is not JSON") from None
    if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
        raise _unreadable(environment, f"unknown schema, not {SCHEMA}: upgrade promptctl-registry")
    try:
        _check_shape(plain, earlier=earlier)
    except UsageError as error:
        raise _unreadable(environment, error.message) from None
    except ValueError as error:
        raise _unreadable(environment, str(error)) from None
    except (KeyError, TypeError, AttributeError):
        raise _unreadable(environment, "its pins or holds are not those of a lock") from None
    if plain["environment"] != environment or type(plain["sequence"]) is not int or plain["sequence"] < 1:
        raise _unreadable(
            environment, "it belongs to another environment, or its sequence is no positive number"
        )
    return plain


def _check_shape(plain: dict[str, Any], *, earlier: bool) -> None:
    if plain.keys() != _LOCK_KEYS:
        raise ValueError("these fields and no other")
    for address, pin in plain["pins"].items():
        split_address(address)
        _check_pin(address, pin, count=len(_PIN_KEYS) + 1)
        if type(pin["previous"]) is not list:
            raise ValueError("earlier pins are a list")
        for each in pin["previous"] if earlier else ():
            _check_pin(address, each, count=len(_PIN_KEYS))
    for hold in plain["holds"]:
        text = "".join(_HOLD_TEXTS(hold))
        if len(hold) != len(_HOLD_KEYS) or hold["scope"] not in _SCOPES or _SURROGATE.search(text):
            raise ValueError("a hold is on a digest, a name or an environment")


def _check_pin(address: str, pin: dict[str, Any], *, count: int) -> None:
    # Run for every pin of a large lock: what is missing is a KeyError, what is no text a TypeError of `join`.
    if _PIN.fullmatch("\n".join(_PIN_TEXTS(pin))) is None or len(pin) != count:
        raise ValueError("versions, digests, ids and times look like themselves")
    if pin["tag"] != f"refs/tags/{address}/v{pin['version']}":
        raise ValueError("a pin names the tag of its own release")


def _pin(plain: dict[str, Any]) -> Pin:
    return Pin(**{**plain, "previous": tuple(Pin(**each) for each in plain["previous"])})


def holds_of(plain: dict[str, Any]) -> tuple[Hold, ...]:
    """Return the holds of a lock's JSON."""
    return tuple(Hold(**each) for each in plain["holds"])


def _unreadable(environment: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"lock.json of env/{environment} is not readable: {why}",
        hint=f"promptctl verify --env {environment} says which commit broke it, promptctl"
        " repair writes the last readable one again",
    )


_LOCK_KEYS = frozenset(("schema", "environment", "sequence", "pins", "holds"))
_PIN_KEYS = ("version", "digest", "tag", "tag_object", "commit", "tree", "since", "by")
_PIN_TEXTS = itemgetter(*_PIN_KEYS)
_NUMBER = "(?:0|[1-9][0-9]{0,8})"
_OID = "(?:[0-9a-f]{40}|[0-9a-f]{64})"
_PIN = re.compile(
    "\n".join(
        (
            rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}",
            "sha256:[0-9a-f]{64}",
            r"refs/tags/[!-~]+",
            *(_OID, _OID, _OID),
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
            r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*",
        )
    )
)
_HOLD_KEYS = ("scope", "value", "reason", "by", "since")
_HOLD_TEXTS = itemgetter(*_HOLD_KEYS)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SCOPES = ("digest", "name", "environment")


def _plain(lock: Lock) -> dict[str, Any]:
    plain = asdict(lock)
    for pin in plain["pins"].values():
        for earlier in pin["previous"]:
            del earlier["previous"]
    return plain


def _on_top(outgoing: Pin | None, pin: Pin) -> Pin:
    if outgoing is None:
        return replace(pin, previous=())
    earlier = (replace(outgoing, previous=()), *outgoing.previous)
    return replace(pin, previous=earlier[:PREVIOUS_PINS])
