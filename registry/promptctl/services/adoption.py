"""What runtimes that check signatures adopt: locks that a promoter signed. And the way out for others."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from promptctl.core.environment import LOCK_SIGNATURE
from promptctl.core.signers import ALLOWED, REVOKED
from promptctl.errors import PromptctlError
from promptctl.store import environments
from promptctl.store.refs import HEAD
from promptctl.store.repository import Repository
from promptctl.store.signers import Signers, Verified, read_signers


def way_out(environment: str, sequence: int | None) -> str:
    """Return the command with which a promoter signs what an environment says, at this number if known."""
    number = "N" if sequence is None else sequence + 1
    return f"promptctl repair --env {environment} --sequence {number} --reason …"


def warn(repository: Repository, environment: str, sequence: int, commit: str, *, at: datetime) -> None:
    """Say so where the policy kept in a commit names promoters and none of them signed its lock.

    Never raises, and asks no remote: a rollback needs the environment's branch alone.
    """
    with suppress(PromptctlError):
        promoters = _kept_promoters(repository, commit)
        if not promoters:
            return
        found = _signed(repository, environment, commit, at)
        if found.principal in (*promoters, *(_listed_since(repository) if found.principal else ())):
            return
        why = f"{found.principal} is none of the promoters" if found.principal else found.problem
        repository.note(
            f"warning: runtimes that check signatures do not adopt {environment} at {sequence}: {why};"
            f" let one of {', '.join(promoters)} run {way_out(environment, sequence)}"
        )


def _kept_promoters(repository: Repository, commit: str) -> tuple[str, ...]:
    kept = environments.read_pipeline(repository.objects, commit)
    try:
        return tuple(map(str, kept[1]["promoters"])) if kept else ()
    except (KeyError, TypeError):
        return ()  # whoever may write the branch wrote it


def _listed_since(repository: Repository) -> tuple[str, ...]:
    """Return the promoters of the default branch, which may know more than the last promotion did."""
    from promptctl.services.pipeline import read_policy

    with suppress(PromptctlError):
        return read_policy(repository)[0].promoters
    return ()


def _signed(repository: Repository, environment: str, commit: str, at: datetime) -> Verified:
    """Return who signed a lock, as the default branch knows signers; where it is gone, as the commit does."""
    objects = repository.objects
    signers = Signers(b"", b"", repository.git.environ)
    with suppress(PromptctlError):
        signers = read_signers(repository, repository.refs.read(HEAD))
    if not signers.allowed:
        allowed, revoked = (
            objects.blob(f"{commit}:policy/{each.rpartition('/')[2]}") or b"" for each in (ALLOWED, REVOKED)
        )
        signers = Signers(allowed, revoked, repository.git.environ)
    content = environments.lock_bytes(objects, environment, commit)
    return signers.verify(content, objects.blob(f"{commit}:{LOCK_SIGNATURE}"), at=at)
