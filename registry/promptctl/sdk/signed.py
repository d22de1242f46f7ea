"""Whom a runtime trusts: what nobody of these signed is not adopted. Loaded only where it is asked for."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from promptctl.core.environment import LOCK, LOCK_SIGNATURE, Tree
from promptctl.core.limits import CLOCK_SKEW_S, SIGNERS_BYTES
from promptctl.core.signers import parse
from promptctl.errors import IntegrityError, PromptctlError, UsageError
from promptctl.sshsig import NAMESPACE, verify


def signature_check(
    allowed: str | os.PathLike[str] | bytes, environ: Mapping[str, str]
) -> Callable[[Tree], None]:
    """Return what raises `IntegrityError` for files whose lock nobody among the allowed signers signed.

    It raises `Unavailable` where there is no `ssh-keygen` to tell. Raises `UsageError` itself where the list
    cannot be read whole or names nobody.
    """
    signers = _read(allowed)

    def check(tree: Tree) -> None:
        content, signature = tree.files.get(LOCK, b""), tree.files.get(LOCK_SIGNATURE)
        if signature is None:
            raise IntegrityError(
                "lock.json is not signed, and allowed_signers is given",
                hint="promote with a key: promptctl init --signing",
            )
        at = _signed_at(tree, content)
        try:
            verify(content, signature, signers=signers, namespace=NAMESPACE, at=at, environ=environ)
        except PromptctlError as error:
            raise type(error)(f"{LOCK_SIGNATURE}: {error.message}", hint=error.hint) from error

    return check


def _read(allowed: str | os.PathLike[str] | bytes) -> bytes:
    content = allowed if isinstance(allowed, bytes) else _file(allowed)
    if len(content) > SIGNERS_BYTES:
        raise UsageError(
            f"allowed_signers has {len(content):,} bytes, and at most {SIGNERS_BYTES:,} are read"
        )
    found = parse(content)
    if found.problems:
        line, _, message, _ = found.problems[0]
        raise UsageError(f"allowed_signers, line {line}: {message}", hint="a line is EMAIL TYPE TEXT")
    if not found.keys:
        raise UsageError("allowed_signers names nobody: nothing could ever serve")
    return content


def _file(path: object) -> bytes:
    if not isinstance(path, (str, os.PathLike)):
        raise UsageError(f"allowed_signers={path!r}: give the path of a file, or its bytes")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"allowed_signers cannot be read: {error}") from error


def _signed_at(tree: Tree, lock: bytes) -> datetime:
    """When the commit was made; of files that came without one, the latest time that the lock itself says."""
    seconds = tree.seconds
    if seconds is None:
        return _latest(lock)
    if seconds > time.time() + CLOCK_SKEW_S:
        raise IntegrityError(f"{tree.commit} says that it was made in the future")
    return datetime.fromtimestamp(seconds, UTC)


def _latest(lock: bytes) -> datetime:
    try:
        plain = json.loads(lock)
        times = [each["since"] for each in (*plain["pins"].values(), *plain["holds"])]
        return datetime.strptime(max(times), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise IntegrityError("lock.json does not say when it was made") from None
