"""Who signs what is written here, and what happens where a key cannot."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from promptctl.errors import PromptctlError, RefusedError, Unavailable
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository
from promptctl.store.signers import Signer, Signers, read_signers, signer_of

Written = TypeVar("Written")


def signer(repository: Repository) -> Signer | None:
    """Return who signs here, as the allowed signers of the default branch name him; None without a key.

    Asks the remote only where the copy here does not know the key. Never raises: whatever is broken, a
    rollback must go on.
    """
    if repository.configuration.last("gpg.format") != "ssh":
        return None
    found = signer_of(repository, _signers(repository))
    if found is None or found.is_known or not _may_know_more(repository):
        return found
    with suppress(PromptctlError):
        repository.refs.fetch([HEAD])
    return signer_of(repository, _signers(repository))


def signed(
    repository: Repository,
    signer: Signer | None,
    write: Callable[[Signer | None], Written],
    *,
    is_urgent: bool = False,
) -> Written:
    """Return what `write` makes with the signer. Where a key cannot sign that is expected to, refuse.

    It is written without a signature, and said so, where it is urgent or nobody knows the key anyway.
    """
    try:
        return write(signer)
    except (RefusedError, Unavailable) as error:
        if signer is None or (signer.is_known and not is_urgent):
            raise
        written = write(None)
        repository.note(f"warning: not signed: {error.message}")
        return written


def _signers(repository: Repository) -> Signers:
    try:
        return read_signers(repository, repository.refs.read(HEAD))
    except PromptctlError:  # the default branch is broken
        return Signers(b"", b"", repository.git.environ)


def _may_know_more(repository: Repository) -> bool:
    """Whether signers are used here at all, as far as is known."""
    is_remote = bool(repository.refs.remote)
    return is_remote and (repository.refs.read(HEAD) is None or bool(_signers(repository).allowed))
