"""Signatures over bytes, made and checked with `ssh-keygen -Y`, shared by the store and the SDK.

Who may sign is decided here, by `promptctl.core.signers`; `ssh-keygen` does the mathematics alone. It is the
one on PATH, it runs in an environment of its own, and nothing that a repository says (`gpg.ssh.program`)
chooses another. It cannot prompt: a key with a passphrase must be held by an agent.

The format of a signature: PROTOCOL.sshsig of OpenSSH.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from promptctl.core import signers as rules
from promptctl.core.limits import LOAD, SIGNATURE_BYTES, SIGNERS_BYTES
from promptctl.core.signers import PublicKey, take_string
from promptctl.errors import IntegrityError, RefusedError, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subprocess import CompletedProcess

NAMESPACE = "promptctl"
TAG_NAMESPACE = "git"
OLDEST = "8.1"
"""Of OpenSSH: the first with `ssh-keygen -Y`."""

SIGN_TIMEOUT_S = 60.0  # a key of hardware waits to be touched
VERIFY_TIMEOUT_S = 20.0

_ARMOUR = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\n(?P<body>[A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\n?"
)
_KEPT = ("HOME", "SYSTEMROOT", "USERPROFILE")
_KEPT_TO_SIGN = ("SSH_AUTH_SOCK", "SSH_SK_PROVIDER")
_WRONG = re.compile(r"verif|signature", re.IGNORECASE)
_TOO_OLD = re.compile(r"(unknown|illegal|invalid) option", re.IGNORECASE)
_SET_UP = "promptctl init --signing sets signing up"


class Signature(NamedTuple):
    """What a signature says of itself, before anything is checked."""

    key: PublicKey
    namespace: str
    blob: bytes

    @property
    def armoured(self) -> bytes:
        """The signature as it is written, line by line."""
        text = base64.b64encode(self.blob)
        lines = b"\n".join(text[at : at + 70] for at in range(0, len(text), 70))
        return b"-----BEGIN SSH SIGNATURE-----\n" + lines + b"\n-----END SSH SIGNATURE-----\n"


def parse(signature: bytes) -> Signature:
    """Return what a signature says; raise `IntegrityError` where it is none, or has anything beside it."""
    found = _ARMOUR.fullmatch(signature) if len(signature) <= SIGNATURE_BYTES else None
    try:
        if found is None:
            raise ValueError("no armour")
        blob = base64.b64decode(found["body"].replace(b"\n", b""), validate=True)
        return _parsed(blob)
    except (ValueError, binascii.Error):
        raise IntegrityError(
            "the signature is damaged: it is not a whole SSH signature",
            hint="sign again; signatures are never edited",
        ) from None


def verify(
    content: bytes,
    signature: bytes,
    *,
    signers: bytes,
    namespace: str,
    at: datetime,
    revoked: bytes = b"",
    environ: Mapping[str, str],
) -> str:
    """Return who signed exactly `content`: a principal of `signers`, the content of an allowed-signers file.

    `at` says when it was signed: the key must have been valid then. Raises `IntegrityError` where the key is
    unknown, several people's, revoked, or not valid then or in `namespace`, and where the signature is
    damaged, was made for another namespace or over other bytes; `Unavailable` where there is no `ssh-keygen`
    that can tell.
    """
    _check_sizes(content, signers, revoked)
    said = parse(signature)
    if said.namespace != namespace:
        raise IntegrityError(
            f"the signature was made for the namespace {said.namespace!a}, not for {namespace}"
        )
    principal = allowed(said.key, signers, revoked, namespace, at)
    _check_mathematics(content, said, principal, environ)
    return principal


def sign(content: bytes, *, key: str, namespace: str, environ: Mapping[str, str]) -> bytes:
    """Return the armoured signature over `content`.

    `key` is the path of a private key, of a public key (`….pub`) whose private half lies beside it or is held
    by an agent, or such a public key itself. Raises `RefusedError` where it cannot be used without asking a
    person, `Unavailable` where there is no `ssh-keygen` or it does not finish.
    """
    literal = literal_key(key)
    if literal is None:
        done = _run(
            ["-Y", "sign", "-n", namespace, "-f", key], content, environ, SIGN_TIMEOUT_S, to_sign=True
        )
    else:
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="promptctl-sign-") as folder:
            file = Path(folder, "key.pub")
            file.write_text(f"{literal.text}\n", "ascii")
            arguments = ["-Y", "sign", "-n", namespace, "-f", str(file)]
            done = _run(arguments, content, environ, SIGN_TIMEOUT_S, to_sign=True)
    if done.returncode:
        raise _cannot_sign(key, done)
    return parse(done.stdout).armoured


def literal_key(key: str) -> PublicKey | None:
    """Return the key that stands in `key` itself (`key::ssh-ed25519 AAAA…`), None where that is a path."""
    return rules.public_key(key.removeprefix("key::"))


def public_key(key: str, environ: Mapping[str, str]) -> PublicKey:
    """Return the public half of a key as `sign` takes it.

    Raises `RefusedError` where there is none: no such file, or a private key with a passphrase and no `.pub`.
    """
    found = literal_key(key)
    for path in (key, f"{key}.pub"):
        found = found or _read_public(Path(path))
    if found is None and Path(key).is_file():
        done = _run(["-y", "-P", "", "-f", key], b"", environ, VERIFY_TIMEOUT_S)
        found = rules.public_key(done.stdout.decode("ascii", "replace")) if not done.returncode else None
    if found is None:
        raise RefusedError(
            f"{key} is no key that can sign here, or the public half of one",
            hint=f"git config user.signingkey PATH, or: {_SET_UP}",
        )
    return found


def make_key(path: Path, environ: Mapping[str, str]) -> PublicKey:
    """Make an ed25519 key pair without a passphrase in `path`, which must not exist, and `path`.pub.

    Raises `RefusedError` where it cannot be written, `Unavailable` where there is no `ssh-keygen`.
    """
    done = _run(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], b"", environ, VERIFY_TIMEOUT_S)
    if done.returncode:
        raise RefusedError(f"no key can be made in {path}: {_words(done)}", hint="name a place: --key PATH")
    return public_key(str(path), environ)


def _parsed(blob: bytes) -> Signature:
    if blob[:6] != b"SSHSIG" or blob[6:10] != b"\x00\x00\x00\x01":
        raise ValueError("another format")
    raw_key, rest = take_string(blob[10:])
    namespace, rest = take_string(rest)
    _, rest = take_string(rest)
    _, rest = take_string(rest)
    _, rest = take_string(rest)
    key = rules.key_of_blob(raw_key)
    if rest or key is None:
        raise ValueError("more than a signature, or a key of another type")
    return Signature(key, namespace.decode("ascii"), blob)


def _check_sizes(content: bytes, signers: bytes, revoked: bytes) -> None:
    for what, size_bytes, most_bytes in (
        ("what was signed", len(content), LOAD.lock_size_bytes),
        (rules.ALLOWED, len(signers), SIGNERS_BYTES),
        (rules.REVOKED, len(revoked), SIGNERS_BYTES),
    ):
        if size_bytes > most_bytes:
            raise IntegrityError(f"{what} has {size_bytes:,} bytes, and at most {most_bytes:,} are read")


def allowed(key: PublicKey, signers: bytes, revoked: bytes, namespace: str, at: datetime) -> str:
    """Return whose signatures with this key count at that time; raise `IntegrityError` where nobody's do."""
    keys, problems = rules.parse_revoked(revoked)
    if problems:  # the key that was meant may be this one
        raise IntegrityError(
            f"{rules.REVOKED}, line {problems[0].line}: {problems[0].message}", hint="promptctl validate"
        )
    if key in (each for _, each in keys):
        raise IntegrityError(f"the key {key.fingerprint} is revoked", hint=f"see {rules.REVOKED}")
    lines = rules.parse(signers).of(key)
    if not lines:
        raise IntegrityError(
            f"nobody among the allowed signers has the key {key.fingerprint}",
            hint=f"is it somebody's? then add a line to {rules.ALLOWED}",
        )
    principals = sorted({each.principal for each in lines})
    if len(principals) > 1:
        raise IntegrityError(
            f"the key {key.fingerprint} belongs to {' and '.join(principals)}: it is not clear who signed",
            hint=f"give each person a key of their own in {rules.ALLOWED}",
        )
    reasons = [each.problem(namespace, at) for each in lines]
    if all(reasons):
        raise IntegrityError(f"the key {key.fingerprint} of {principals[0]} {reasons[-1]}")
    return principals[0]


def _check_mathematics(content: bytes, said: Signature, principal: str, environ: Mapping[str, str]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="promptctl-verify-") as folder:
        allowed, signature = Path(folder, "allowed_signers"), Path(folder, "signature")
        allowed.write_text(f"{principal} {said.key.text}\n", "ascii")
        signature.write_bytes(said.armoured)
        arguments = [
            "-Y",
            "verify",
            "-f",
            str(allowed),
            "-I",
            principal,
            "-n",
            said.namespace,
            "-s",
            str(signature),
        ]
        done = _run(arguments, content, environ, VERIFY_TIMEOUT_S)
    if done.returncode == 0:
        return
    words = _words(done)
    if _WRONG.search(words):
        raise IntegrityError(
            f"the signature by {principal} is wrong: it was made over other bytes, or was changed"
        )
    raise Unavailable(f"ssh-keygen cannot verify: {words}", hint=_install_hint())


def require_program(environ: Mapping[str, str]) -> None:
    """Raise `Unavailable` where there is no `ssh-keygen` that knows how to sign and verify."""
    question = ["-Y", "check-novalidate", "-n", NAMESPACE, "-s", os.devnull]
    _run(question, b"", environ, VERIFY_TIMEOUT_S)


def _run(
    arguments: list[str],
    content: bytes,
    environ: Mapping[str, str],
    timeout_s: float,
    *,
    to_sign: bool = False,
) -> CompletedProcess[bytes]:
    import subprocess

    kept = (*_KEPT, *_KEPT_TO_SIGN) if to_sign else _KEPT
    clean = {name: environ[name] for name in kept if name in environ}
    try:
        done = subprocess.run(
            [_program(environ), *arguments],
            input=content,
            capture_output=True,
            env={**clean, "LC_ALL": "C.UTF-8", "TZ": "UTC", "SSH_ASKPASS_REQUIRE": "never"},
            start_new_session=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(
            f"ssh-keygen did not finish within {timeout_s:g} s",
            hint="does the key wait to be touched? try again",
        ) from None
    except OSError as error:
        raise Unavailable(f"ssh-keygen cannot run: {error.strerror}", hint=_install_hint()) from None
    if done.returncode and _TOO_OLD.search(_words(done)):
        raise Unavailable("ssh-keygen is too old to sign and verify", hint=_install_hint())
    return done


def _program(environ: Mapping[str, str]) -> str:
    from shutil import which

    # A relative folder on PATH would let the repository that one stands in bring its own.
    folders = [each for each in environ.get("PATH", os.defpath).split(os.pathsep) if Path(each).is_absolute()]
    found = which("ssh-keygen", path=os.pathsep.join(folders)) if folders else None
    if found is None:
        raise Unavailable(
            "ssh-keygen is not installed: signatures can neither be made nor verified", hint=_install_hint()
        )
    return found


def _cannot_sign(key: str, done: CompletedProcess[bytes]) -> RefusedError:
    words = _words(done)
    shown = "the key" if literal_key(key) else key
    if re.search(r"passphrase|No private key found|agent", words, re.IGNORECASE):
        return RefusedError(
            f"{shown} cannot sign: it has a passphrase, or its private half is not here",
            hint=f"let an agent hold it: eval $(ssh-agent); ssh-add {_private(key)}",
        )
    return RefusedError(
        f"{shown} cannot sign: {words}", hint=f"git config user.signingkey PATH, or: {_SET_UP}"
    )


def _private(key: str) -> str:
    return "KEY" if literal_key(key) else key.removesuffix(".pub")


def _read_public(path: Path) -> PublicKey | None:
    if not path.is_file():  # to open a pipe would be to wait for ever
        return None
    try:
        with path.open("rb") as file:
            return rules.public_key(file.read(SIGNATURE_BYTES).decode("utf-8", "replace"))
    except (OSError, ValueError):
        return None


def _words(done: CompletedProcess[bytes]) -> str:
    from promptctl.gitcmd import cleaned

    return cleaned(done.stderr) or f"it ended with code {done.returncode} and said nothing"


def _install_hint() -> str:
    return f"install OpenSSH {OLDEST} or newer"
