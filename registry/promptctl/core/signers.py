"""Who may sign: the lines of `.promptctl/allowed_signers` and `.promptctl/revoked_keys`.

Stricter than the formats of ssh-keygen(1), "ALLOWED SIGNERS": one line allows one key to one person. What is
not exactly that is a problem of its line and allows nobody anything.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

ALLOWED = ".promptctl/allowed_signers"
REVOKED = ".promptctl/revoked_keys"

KEY_TYPES = frozenset(
    (
        "ssh-ed25519",
        "sk-ssh-ed25519@openssh.com",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "ssh-rsa",
    )
)
_RSA_BITS = 2048
_KEY_BYTES = 8_192
# What ssh-keygen takes for a pattern (`*`, `?`, `!`, `,`) is in no principal.
_PRINCIPAL = re.compile(r"[A-Za-z0-9.#$%&'+/=^_`{|}~\[\]-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_PRINCIPAL_LENGTH = 254
_WORD = re.compile(r'(?:[^ \t"]|"[^"]*")+')
_OPTION = re.compile(r'(?P<name>[A-Za-z-]+)(?:="(?P<value>[^"\\]*)")?(?:,|$)')
_TIME = re.compile(r"(?P<date>[0-9]{8})(?P<clock>[0-9]{4}|[0-9]{6})?Z?")
_NAMESPACE = re.compile(r"[A-Za-z0-9@._-]+")

What = Literal["line", "principal"]


class PublicKey(NamedTuple):
    """A key as it is known to all: its type, and its bytes in the wire format of SSH."""

    kind: str
    blob: bytes

    @property
    def text(self) -> str:
        """The key as one writes it in a file."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """The key's short name, as `ssh-keygen -l` prints it."""
        import hashlib

        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


class LineProblem(NamedTuple):
    """What is wrong with a line: as a whole, or with whom it names. `column` counts characters from 1."""

    line: int
    column: int
    message: str
    what: What = "line"


@dataclass(frozen=True, slots=True)
class AllowedKey:
    """One line: the key of one person. The times are UTC and inclusive; no `namespaces` are all."""

    line: int
    principal: str
    key: PublicKey
    valid_after: datetime | None = None
    valid_before: datetime | None = None
    namespaces: tuple[str, ...] | None = None

    def problem(self, namespace: str, at: datetime) -> str:
        """Say why the key may not sign in this namespace at this time; empty where it may."""
        if self.namespaces is not None and namespace not in self.namespaces:
            return f"may not sign in the namespace {namespace}, only in {', '.join(self.namespaces)}"
        if self.valid_after is not None and at < self.valid_after:
            return f"is valid only from {_said(self.valid_after)} on, and this was signed at {_said(at)}"
        if self.valid_before is not None and at > self.valid_before:
            return f"expired at {_said(self.valid_before)}, and this was signed at {_said(at)}"
        return ""


@dataclass(frozen=True, slots=True)
class AllowedSigners:
    """What a file says: who may sign with which key, and the lines that say nothing that counts."""

    keys: tuple[AllowedKey, ...] = ()
    problems: tuple[LineProblem, ...] = ()

    def of(self, key: PublicKey) -> tuple[AllowedKey, ...]:
        """Return the lines of a key."""
        return tuple(each for each in self.keys if each.key == key)

    def principal_of(self, key: PublicKey) -> str | None:
        """Return whose key it is, whenever it may be used; None where it is nobody's, or several people's."""
        principals = {each.principal for each in self.of(key)}
        return principals.pop() if len(principals) == 1 else None


@lru_cache(maxsize=8)  # each signature is checked against the same file
def parse(content: bytes) -> AllowedSigners:
    """Return what `allowed_signers` says. Never raises: what cannot be read is among the problems."""
    keys: list[AllowedKey] = []
    problems: list[LineProblem] = []
    for number, text in _lines(content):
        try:
            keys.append(_allowed_key(number, text))
        except _LineError as error:
            problems.append(LineProblem(number, error.column, error.message, error.what))
    return AllowedSigners(tuple(keys), tuple(problems))


@lru_cache(maxsize=8)
def parse_revoked(content: bytes) -> tuple[tuple[tuple[int, PublicKey], ...], tuple[LineProblem, ...]]:
    """Return the keys of `revoked_keys` with their lines, and what is wrong with other lines."""
    keys: list[tuple[int, PublicKey]] = []
    problems: list[LineProblem] = []
    for number, text in _lines(content):
        try:
            keys.append((number, _key(text, _words(text))))
        except _LineError as error:
            problems.append(LineProblem(number, error.column, error.message))
    return tuple(keys), tuple(problems)


def public_key(text: str) -> PublicKey | None:
    """Return the key of a line like that of a `.pub` file, None where it is none."""
    try:
        return _key(text, _words(text.strip("\r\n")))
    except _LineError:
        return None


def key_of_blob(blob: bytes) -> PublicKey | None:
    """Return the key in SSH's wire format, None where its type is none that signs here."""
    try:
        kind, _ = take_string(blob)
        return PublicKey(kind.decode("ascii"), blob) if kind.decode("ascii") in KEY_TYPES else None
    except ValueError:
        return None


def take_string(data: bytes) -> tuple[bytes, bytes]:
    """Return the string that SSH's wire format has here, and what follows it; raise `ValueError`."""
    end = 4 + int.from_bytes(data[:4], "big")
    if len(data) < end or len(data) < 4:
        raise ValueError("cut off")
    return data[4:end], data[end:]


def is_principal(text: str) -> bool:
    """Say whether a text is one exact e-mail."""
    return len(text) <= _PRINCIPAL_LENGTH and _PRINCIPAL.fullmatch(text) is not None


class _LineError(Exception):
    def __init__(self, column: int, message: str, what: What = "line") -> None:
        super().__init__(message)
        self.column, self.message, self.what = column, message, what


def _lines(content: bytes) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        text = line.decode("utf-8", "replace").rstrip(" \t\r")
        if text.strip(" \t") and not text.lstrip(" \t").startswith("#"):
            yield number, text


def _allowed_key(number: int, text: str) -> AllowedKey:
    principal, *words = _words(text)
    options: dict[str, str] = {}
    column = words[0].start() + 1 if words else 0
    if len(words) > 1 and words[0][0] not in KEY_TYPES and words[1][0] in KEY_TYPES:
        options = _options(words[0])
        words = words[1:]
    _check_principal(principal)
    key = _key(text, words)
    after, before = (_time(options, name, column) for name in ("valid-after", "valid-before"))
    return AllowedKey(number, principal[0], key, after, before, _namespaces(options, column))


def _words(text: str) -> list[re.Match[str]]:
    if '"' in _WORD.sub("", text):
        raise _LineError(text.rindex('"') + 1, "a quotation mark is never closed")
    return [*_WORD.finditer(text)]


def _check_principal(word: re.Match[str]) -> None:
    if is_principal(word[0]):
        return
    column = word.start() + 1
    if word[0] in KEY_TYPES:
        raise _LineError(column, "the line begins with a key and names nobody", "principal")
    if any(sign in word[0] for sign in "*?!,"):
        raise _LineError(column, f"{_shown(word[0])} is a pattern or a list", "principal")
    raise _LineError(column, f"{_shown(word[0])} is not an e-mail", "principal")


def _options(word: re.Match[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(word[0]):
        option = _OPTION.match(word[0], at)
        column = word.start() + at + 1
        if option is None:
            raise _LineError(column, 'options look like namespaces="promptctl,git",valid-before="20270101Z"')
        name = option["name"].lower()
        if name == "cert-authority":
            raise _LineError(column, "cert-authority lets a key name the signers itself", "principal")
        if name not in {"namespaces", "valid-after", "valid-before"}:
            raise _LineError(column, f"there is no option {_shown(name)}")
        if name in found or option["value"] is None:
            why = "stands twice" if name in found else 'has no value: ="…"'
            raise _LineError(column, f"the option {name} {why}")
        found[name] = option["value"]
        at = option.end()
    return found


def _key(text: str, words: list[re.Match[str]]) -> PublicKey:
    if len(words) < 2 or words[0][0] not in KEY_TYPES:
        column = words[0].start() + 1 if words else len(text) + 1
        known = "a key is its type and its text, like ssh-ed25519 AAAA…"
        raise _LineError(column, f"{known}; {_shown(words[0][0])} is no type known here" if words else known)
    kind, coded = words[0], words[1]
    column = coded.start() + 1
    try:
        blob = base64.b64decode(coded[0].encode("ascii", "replace"), validate=True)
        inner, rest = take_string(blob)
    except (ValueError, binascii.Error):
        raise _LineError(column, f"the text of the {kind[0]} key is damaged or cut off") from None
    if inner != kind[0].encode() or len(blob) > _KEY_BYTES or not _is_whole(kind[0], rest):
        raise _LineError(column, f"the text is not that of a key of the type {kind[0]}")
    if kind[0] == "ssh-rsa" and (bits := _rsa_bits(rest)) < _RSA_BITS:
        raise _LineError(column, f"the RSA key has {bits:,} bits, and {_RSA_BITS:,} are the least")
    return PublicKey(kind[0], blob)


def _is_whole(kind: str, rest: bytes) -> bool:
    """Whether the strings of the key are there, and nothing else."""
    count = {"ssh-ed25519": 1, "sk-ecdsa-sha2-nistp256@openssh.com": 3}.get(kind, 2)
    try:
        for _ in range(count):
            _, rest = take_string(rest)
    except ValueError:
        return False
    return not rest


def _rsa_bits(rest: bytes) -> int:
    _, rest = take_string(rest)
    return int.from_bytes(take_string(rest)[0], "big").bit_length()


def _time(options: dict[str, str], name: str, column: int) -> datetime | None:
    if name not in options:
        return None
    found = _TIME.fullmatch(options[name])
    try:
        if found is None:
            raise ValueError
        digits = found["date"] + (found["clock"] or "").ljust(6, "0")
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        message = f"{name} is a time in UTC: YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ"
        raise _LineError(column, message) from None


def _namespaces(options: dict[str, str], column: int) -> tuple[str, ...] | None:
    if "namespaces" not in options:
        return None
    names = tuple(options["namespaces"].split(","))
    if not all(map(_NAMESPACE.fullmatch, names)):
        raise _LineError(column, 'namespaces are whole words: namespaces="promptctl,git"')
    return names


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _shown(word: str) -> str:
    return ascii(word if len(word) <= 60 else word[:59] + "…")
