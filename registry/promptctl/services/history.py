"""History: who moved what, when and why, read from the records that every change leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promptctl.core.names import ENVIRONMENTS, environment_ref, tag_of
from promptctl.core.versions import Version
from promptctl.errors import PromptctlError, Unavailable, UsageError
from promptctl.model.promotion import Promotion
from promptctl.services.versions import known_versions
from promptctl.store import environments, releases
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Change:
    """One commit of an environment. `damage` says why its record cannot be read, else it is empty."""

    environment: str
    sequence: int
    commit: str
    promotion: Promotion | None
    damage: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """One release of an address, and the line of who tagged it when (`NAME <EMAIL> SECONDS ZONE`)."""

    version: Version
    digest: str
    commit: str
    source_commit: str
    tagger: str
    notes: str


@dataclass(frozen=True, slots=True)
class History:
    """Releases (of one address), newest version first, and changes, newest first."""

    releases: tuple[ReleaseEntry, ...]
    changes: tuple[Change, ...]
    stale: str = ""


def of_address(repository: Repository, address: str) -> History:
    """Return the releases of an address and every change of any environment that touched it."""
    stale = _fetch(repository, [f"{ENVIRONMENTS}*", f"refs/tags/{address}/v*"])
    entries = tuple(_releases(repository, address))
    names = [ref.removeprefix(ENVIRONMENTS) for ref in repository.refs.read_below(ENVIRONMENTS)]
    changes = [each for name in names for each in _changes(repository, name) if _touches(each, address)]
    if not entries and not changes:
        raise UsageError(f"{address} was never released", hint="promptctl list")
    changes.sort(key=lambda each: (each.promotion.at if each.promotion else "", each.sequence), reverse=True)
    return History(entries, tuple(changes), stale)


def of_environment(repository: Repository, environment: str) -> History:
    """Return every change of an environment."""
    stale = _fetch(repository, [environment_ref(environment)])
    if repository.refs.read(environment_ref(environment)) is None:
        raise UsageError(f"nothing was ever promoted to {environment}", hint="promptctl status")
    return History((), tuple(_changes(repository, environment)), stale)


def _fetch(repository: Repository, refs: list[str]) -> str:
    try:
        repository.refs.fetch(refs)
    except Unavailable as error:
        return error.message
    return ""


def _changes(repository: Repository, environment: str) -> Iterator[Change]:
    head = repository.refs.read(environment_ref(environment))
    if head is None:
        return
    for commit in commits_of(repository, head):
        try:
            lock = environments.read(repository.objects, environment, commit).lock
            yield Change(
                environment, lock.sequence, commit, environments.read_promotion(repository.objects, commit)
            )
        except PromptctlError as error:
            yield Change(environment, 0, commit, None, error.message)


def commits_of(repository: Repository, head: str) -> list[str]:
    """Return the commits of an environment, newest first."""
    return repository.git.run("rev-list", "--first-parent", "--end-of-options", head).decode().split()


def _touches(change: Change, address: str) -> bool:
    return change.promotion is not None and any(each.address == address for each in change.promotion.changes)


def _releases(repository: Repository, address: str) -> Iterator[ReleaseEntry]:
    for version, tag_object in sorted(known_versions(repository, address).items(), reverse=True):
        release = releases.read(repository.objects, tag_of(address, version), tag_object)
        tag = repository.objects.read(tag_object)
        head, _, message = (tag.data if tag else b"").decode("utf-8", "replace").partition("\n\n")
        tagger = next((line[7:] for line in head.split("\n") if line.startswith("tagger ")), "")
        paragraphs = message.strip().split("\n\n")
        notes = "\n\n".join(paragraphs[1:-1])
        yield ReleaseEntry(version, release.digest, release.commit, release.source_commit, tagger, notes)
