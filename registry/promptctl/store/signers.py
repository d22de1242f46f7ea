"""Who signs here, and whose signatures count: read from git, checked with `promptctl.sshsig`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from promptctl.core import release as formats
from promptctl.core import signers as rules
from promptctl.core.limits import CLOCK_SKEW_S, SIGNERS_BYTES
from promptctl.errors import IntegrityError, RefusedError, Unavailable
from promptctl.sshsig import NAMESPACE, TAG_NAMESPACE, allowed, public_key, sign, verify
from promptctl.store.objects import Objects
from promptctl.store.repository import Repository

_SET_UP = "promptctl init --signing"


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed, or the problem: exactly one of them is there."""

    principal: str | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Signers:
    """The allowed signers and revoked keys of one commit; both empty where it has none."""

    allowed: bytes
    revoked: bytes
    environ: Mapping[str, str] = field(repr=False, compare=False)

    def verify(
        self,
        content: bytes,
        signature: bytes | None,
        *,
        namespace: str = NAMESPACE,
        at: datetime,
        now: datetime | None = None,
    ) -> Verified:
        """Return who signed `content` at `at`, or why nobody did; None and empty signatures are none.

        With `now`, what was signed more than five minutes later never counts. Raises `Unavailable` where
        there is no `ssh-keygen` that can tell.
        """
        if not signature:
            return Verified(None, "it is not signed")
        if now is not None and at > now + timedelta(seconds=CLOCK_SKEW_S):
            return Verified(None, f"it says that it was signed in the future, at {at:%Y-%m-%d %H:%M:%SZ}")
        try:
            principal = verify(
                content,
                signature,
                signers=self.allowed,
                namespace=namespace,
                at=at,
                revoked=self.revoked,
                environ=self.environ,
            )
        except IntegrityError as error:
            return Verified(None, error.message)
        return Verified(principal)

    def principal_of(self, public_key: str) -> str | None:
        """Return whose key it is (`ssh-ed25519 AAAA…`), revoked or not; None where it is nobody's."""
        key = rules.public_key(public_key)
        return None if key is None else rules.parse(self.allowed).principal_of(key)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs here, and with what.

    `principal` is whom the allowed signers name for the key; where they do not know it, the person's own
    e-mail, which the signature then does not prove: `is_known` is False.
    """

    principal: str
    key: str
    public: str
    is_known: bool
    environ: Mapping[str, str] = field(repr=False, compare=False)

    def sign(self, content: bytes, namespace: str = NAMESPACE) -> bytes:
        """Return the armoured signature; raise as `promptctl.sshsig.sign` does."""
        return sign(content, key=self.key, namespace=namespace, environ=self.environ)

    def signed_tag(self, content: bytes) -> bytes:
        """Return a tag object as git signs it: its bytes, and the signature over them at the end."""
        return content + self.sign(content, TAG_NAMESPACE)

    def known_to(self, signers: Signers, *, at: datetime | None = None) -> Signer:
        """Return this signer as the allowed signers name him; raise `RefusedError` where they do not, and
        where what he signs `at` that time would not count.
        """
        key = public_key(self.key, self.environ)
        principal = signers.principal_of(key.text)
        if principal is None:
            raise RefusedError(
                f"the allowed signers of the default branch do not know your key {key.fingerprint}",
                hint=f"{_SET_UP} writes your line; it counts when it is merged",
            )
        if at is not None:
            try:
                allowed(key, signers.allowed, signers.revoked, NAMESPACE, at)
            except IntegrityError as error:
                raise RefusedError(
                    f"what you sign now does not count: {error.message}", hint=_SET_UP
                ) from None
        return replace(self, principal=principal, is_known=True)


def read_signers(repository: Repository, commit: str | None) -> Signers:
    """Return the signers of a commit: of the default branch's head, as last fetched."""
    allowed, revoked = (
        _file(repository.objects, f"{commit}:{path}") if commit else b""
        for path in (rules.ALLOWED, rules.REVOKED)
    )
    return Signers(allowed, revoked, repository.git.environ)


def signer_of(repository: Repository, signers: Signers) -> Signer | None:
    """Return who signs here: git's `user.signingkey` where `gpg.format` is `ssh`, None where none is set.

    A key that cannot be read is nobody's, and `sign` says why: a key must not stop what needs no signature.
    """
    configured = repository.configuration.last
    key = configured("user.signingkey") if configured("gpg.format") == "ssh" else ""
    if not key:
        return None
    environ = repository.git.environ
    key = place_of(repository, key)
    public = _public(key, environ)
    principal = signers.principal_of(public)
    return Signer(principal or email_of(repository), key, public, principal is not None, environ)


def email_of(repository: Repository) -> str:
    """Return the e-mail that git knows of who acts here, empty where it knows none."""
    told = repository.git.environ.get("GIT_COMMITTER_EMAIL")
    return told or repository.configuration.last("user.email")


def place_of(repository: Repository, key: str) -> str:
    """Return a configured key with its full path, as git finds it; a key that is no path stays as it is.

    `~` is the home, and what is relative is so to the work tree.
    """
    if key.startswith("key::") or rules.public_key(key) is not None:
        return key
    home = repository.git.environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - raises where there is no home
    if key.startswith("~/"):
        key = home + key[1:]
    return str(repository.layout.root / key)


def verify_tag(content: bytes, signers: Signers, *, now: datetime | None = None) -> Verified:
    """Return who signed a tag object, of which `content` are the bytes, at the time that its tagger says."""
    from datetime import UTC

    payload, signature = formats.split_signature(content)
    seconds = formats.read_tag(content).seconds
    if not signature:
        return Verified(None, "the tag is not signed")
    if seconds is None:
        return Verified(None, "the tag does not say when it was made")
    at = datetime.fromtimestamp(seconds, UTC)
    return signers.verify(payload, signature, namespace=TAG_NAMESPACE, at=at, now=now)


def _file(objects: Objects, name: str) -> bytes:
    found = objects.read(name, limit_bytes=SIGNERS_BYTES)
    if found is None:
        return b""
    if found.type != "blob":
        raise IntegrityError(f"{name} is a {found.type}, not a file", hint="promptctl validate")
    return found.data


def _public(key: str, environ: Mapping[str, str]) -> str:
    try:
        return public_key(key, environ).text
    except (RefusedError, Unavailable):
        return ""
