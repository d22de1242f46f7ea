"""In-toto statements: the one place that writes and reads them.

A statement's bytes are RFC 8785 and its name is their hash, so nobody can change one after it was made.
Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import rfc8785

from promptctl.core.limits import LOAD
from promptctl.core.names import split_address
from promptctl.core.written import short, timestamp
from promptctl.errors import IntegrityError, UsageError

STATEMENT = "https://in-toto.io/Statement/v1"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{64}")
_PREFIX = re.compile(r"[0-9a-f]{4,64}")


class Writable(Protocol):
    """What a statement says, and how it is written."""

    def to_bytes(self) -> bytes:
        """Return the statement: RFC 8785, no final newline."""


S = TypeVar("S", bound=Writable)


@dataclass(frozen=True, slots=True)
class Parts:
    """A statement's parts: the release it is about, its type, and what it says, not yet looked at."""

    address: str
    digest: str
    predicate_type: str
    predicate: Any


def write(address: str, digest: str, predicate_type: str, predicate: dict[str, Any]) -> bytes:
    """Return a statement about a release: RFC 8785, no final newline."""
    return rfc8785.dumps(
        {
            "_type": STATEMENT,
            "subject": [{"name": address, "digest": {"sha256": digest.partition(":")[2]}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def name_of(content: bytes) -> str:
    """Return the name of a statement: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def named(prefix: str, names: Iterable[str]) -> str:
    """Return the only name that begins with `prefix`; raise `UsageError` where there is none, or several."""
    if _PREFIX.fullmatch(prefix) is None:
        raise UsageError(
            f"{prefix!r} is not how a statement is called",
            hint="give the first digits of its SHA-256, at least four: promptctl history shows them",
        )
    found = [each for each in names if each.startswith(prefix)]
    if len(found) != 1:
        several = f"{len(found)} statements begin with {prefix}: {', '.join(map(short, sorted(found)[:5]))}"
        raise UsageError(
            several if found else f"no statement begins with {prefix}",
            hint="give more digits" if found else "promptctl history shows those that there are",
        )
    return found[0]


def read(content: bytes, *, sha256: str, word: str, make: Callable[[Parts], S]) -> S:
    """Return what `make` makes of a statement's parts.

    Raise `IntegrityError` for bytes that do not hash to `sha256`, and for anything but exactly what the
    result writes again: what is read here decides promotions, and anybody may have pushed it. `word` says
    what was expected.
    """
    if len(content) > LOAD.bundle_size_bytes:
        size = f"{len(content):,} bytes: at most {LOAD.bundle_size_bytes:,} are read"
        raise refusal(sha256, word, f"it has {size}")
    if name_of(content) != sha256:
        raise refusal(sha256, word, f"its bytes hash to {name_of(content)}")
    try:
        made = make(_parts(json.loads(content)))
        if made.to_bytes() != content:
            raise ValueError("it is not in canonical form, or has unknown keys")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise refusal(sha256, word, reason) from error
    return made


def refusal(sha256: str, word: str, reason: str) -> IntegrityError:
    """Return the refusal of a statement."""
    return IntegrityError(f"the {word} {short(sha256)} is not sound: {reason}")


def address(value: Any, kind: str) -> str:
    """Return an artifact's address; raise `ValueError` or `UsageError` for anything else."""
    if split_address(text(value))[0] != kind:
        raise ValueError(f"{value!r} is no {kind}")
    return str(value)


def digest(value: Any) -> str:
    """Return `sha256:…`; raise `ValueError` for anything else."""
    return text(value, _DIGEST)


def hexadecimal(value: Any) -> str:
    """Return a SHA-256 in hex; raise `ValueError` for anything else."""
    return text(value, _HEX)


def time(value: Any) -> str:
    """Return a time as it is written everywhere; raise `ValueError` for anything else."""
    if timestamp(moment(text(value))) != value:
        raise ValueError(f"{value[:80]!r} is no time")
    return str(value)


def moment(written: str) -> datetime:
    """Return the moment of a time that was read from a statement, UTC."""
    return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def text(value: Any, pattern: re.Pattern[str] | None = None) -> str:
    """Return a text, all of which fits the pattern; raise `ValueError` for anything else."""
    if type(value) is not str or (pattern is not None and pattern.fullmatch(value) is None):
        raise ValueError(f"{str(value)[:80]!r} stands where it cannot")
    return value


def _parts(statement: Any) -> Parts:
    if statement["_type"] != STATEMENT:
        raise ValueError("it is no in-toto Statement v1")
    (subject,) = statement["subject"]
    return Parts(
        address=address(subject["name"], "prompt"),
        digest=digest("sha256:" + subject["digest"]["sha256"]),
        predicate_type=text(statement["predicateType"]),
        predicate=statement["predicate"],
    )
