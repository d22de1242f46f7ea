"""What people say about a release, as in-toto statements: approvals, waivers, revocations.

Each says by whom it is. It counts only where that is who signed its bytes; nothing else of it is trusted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from promptctl.core.names import environment_ref
from promptctl.core.versions import Version
from promptctl.model import evidence, in_toto
from promptctl.model.evidence import EXPERIMENT, Experiment
from promptctl.model.in_toto import Parts, name_of, text

__all__ = [
    "Approval",
    "Revocation",
    "Signed",
    "Statement",
    "Waiver",
    "made_at",
    "name_of",
    "parse",
    "standing",
    "word_of",
]

APPROVAL = "https://promptctl.dev/approval/v1"
REVOCATION = "https://promptctl.dev/revocation/v1"
WAIVER = "https://promptctl.dev/waiver/v1"

_GATE = re.compile(r"[a-z][a-z_]*")


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody lets a digest into an environment. `experiments` are those he looked at, by their hashes.

    `at` is UTC. It is for the digest: the version is the name under which he saw it.
    """

    address: str
    version: str
    digest: str
    environment: str
    by: str
    at: str
    reason: str = ""
    experiments: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the statement: RFC 8785, no final newline."""
        predicate = {
            "version": self.version,
            "environment": self.environment,
            "by": self.by,
            "at": self.at,
            "reason": self.reason,
            "experiments": list(self.experiments),
        }
        return in_toto.write(self.address, self.digest, APPROVAL, predicate)


@dataclass(frozen=True, slots=True)
class Revocation:
    """Somebody takes the effect of a statement about the same digest away. `statement` is its hash."""

    address: str
    digest: str
    statement: str
    by: str
    at: str
    reason: str

    def to_bytes(self) -> bytes:
        """Return the statement: RFC 8785, no final newline."""
        predicate = {"statement": self.statement, "by": self.by, "at": self.at, "reason": self.reason}
        return in_toto.write(self.address, self.digest, REVOCATION, predicate)


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody lets a digest past one gate of an environment, and says why."""

    address: str
    version: str
    digest: str
    environment: str
    gate: str
    by: str
    at: str
    reason: str

    def to_bytes(self) -> bytes:
        """Return the statement: RFC 8785, no final newline."""
        predicate = {
            "version": self.version,
            "environment": self.environment,
            "gate": self.gate,
            "by": self.by,
            "at": self.at,
            "reason": self.reason,
        }
        return in_toto.write(self.address, self.digest, WAIVER, predicate)


Said = Approval | Revocation | Waiver
"""What a person says: it has its author and time."""
Statement = Experiment | Said
T = TypeVar("T", Approval, Revocation, Waiver)


@dataclass(frozen=True, slots=True)
class Signed(Generic[T]):
    """A statement with its hash and the principal whose signature over its bytes is sound: its `by`."""

    sha256: str
    statement: T
    signer: str


def parse(content: bytes, *, sha256: str) -> Statement:
    """Return the statement of any kind that these bytes are.

    Raise `IntegrityError` for bytes that do not hash to `sha256`, and for anything but exactly what the
    result's `to_bytes` writes.
    """
    return in_toto.read(content, sha256=sha256, word="statement", make=_statement)


def word_of(statement: Statement) -> str:
    """Return what people call a statement: `approval`, `experiment`, …"""
    return type(statement).__name__.lower()


def made_at(statement: Statement) -> datetime:
    """Return when a statement says it was made, UTC: the time at which its key must have been valid."""
    return in_toto.moment(statement.started if isinstance(statement, Experiment) else statement.at)


def standing(revocations: Iterable[Signed[Revocation]]) -> tuple[Signed[Revocation], ...]:
    """Return the revocations that hold, in their order.

    Anybody who may sign revokes anything; a revocation is taken back by whoever made it, and by nobody else:
    what was stopped must not come back through a hand that did not stop it.
    """
    given = {each.sha256: each for each in revocations}
    against: defaultdict[str, list[str]] = defaultdict(list)
    for each in given.values():
        target = given.get(each.statement.statement)
        if target is not None and target.signer == each.signer:
            against[target.sha256].append(each.sha256)
    # A hash is named after it was made, so every chain ends: from its end it is decided link by link.
    undecided = {name: len(against[name]) for name in given}
    free = [name for name, count in undecided.items() if not count]
    fallen: set[str] = set()
    while free:
        name = free.pop()
        target_name = given[name].statement.statement
        if name not in against.get(target_name, ()):
            continue
        if name not in fallen:
            fallen.add(target_name)
        undecided[target_name] -= 1
        if not undecided[target_name]:
            free.append(target_name)
    return tuple(each for name, each in given.items() if name not in fallen)


def _statement(parts: Parts) -> Statement:
    if parts.predicate_type not in _KINDS:
        raise ValueError("nothing is known of statements of its kind")
    return _KINDS[parts.predicate_type](parts)


def _approval(parts: Parts) -> Approval:
    said = parts.predicate
    return Approval(
        address=parts.address,
        digest=parts.digest,
        version=_version(said["version"]),
        environment=_environment(said["environment"]),
        experiments=tuple(map(in_toto.hexadecimal, said["experiments"])),
        **_signature_of(said),
    )


def _revocation(parts: Parts) -> Revocation:
    said = parts.predicate
    statement = in_toto.hexadecimal(said["statement"])
    return Revocation(parts.address, parts.digest, statement, **_signature_of(said))


def _waiver(parts: Parts) -> Waiver:
    said = parts.predicate
    return Waiver(
        address=parts.address,
        digest=parts.digest,
        version=_version(said["version"]),
        environment=_environment(said["environment"]),
        gate=text(said["gate"], _GATE),
        **_signature_of(said),
    )


def _signature_of(said: Any) -> dict[str, str]:
    """Return who says it, when and why."""
    return {"by": text(said["by"]), "at": in_toto.time(said["at"]), "reason": text(said["reason"])}


def _version(value: Any) -> str:
    if str(Version.parse(text(value))) != value:
        raise ValueError(f"{value!r} is no version")
    return str(value)


def _environment(value: Any) -> str:
    environment_ref(text(value))
    return str(value)


_KINDS: Mapping[str, Callable[[Parts], Statement]] = {
    EXPERIMENT: evidence.experiment_of,
    APPROVAL: _approval,
    REVOCATION: _revocation,
    WAIVER: _waiver,
}
