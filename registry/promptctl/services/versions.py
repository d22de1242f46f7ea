"""The releases of an address that are known here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from promptctl.core.names import parse_tag, tag_of, tags_of
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError
from promptctl.model.release import Release
from promptctl.store import releases
from promptctl.store.repository import Repository


def known_versions(repository: Repository, address: str) -> dict[Version, str]:
    """Return version and tag object of every release of an address, like `known_tags`."""
    return {each.release.version: each.release.tag_object for each in known_tags(repository, address)}


def known_tags(repository: Repository, address: str) -> list[releases.Tag]:
    """Return what the tag of every release of an address says, as last fetched, newest version first.

    Tags of such a name that are no releases are left out, and noted: whoever may push can make them.
    """
    tags = {
        ref: oid
        for ref, oid in repository.refs.read_below(tags_of(address).removesuffix("*")).items()
        if (parse_tag(ref) or ("",))[0] == address
    }
    found, strays = releases.read_tags(repository.objects, tags)
    for ref, why in strays.items():
        _note_stray(repository, ref, why)
    return sorted(found.values(), key=lambda each: each.release.version, reverse=True)


def newest_release(
    repository: Repository, address: str, known: Mapping[Version, str], *, below: Version | None = None
) -> Release | None:
    """Return the highest release of `known` (below a version) whose bundle is the one that its tag promises.

    Those above it are noted. Raise `IntegrityError` where an object of one is missing here: what cannot be
    read is not passed over.
    """
    version = max(known, default=None) if below is None else releases.newest_below(known, below)
    while version is not None:
        release = read_release(repository, address, version, known)
        try:
            releases.read_checked(repository.objects, release)
            return release
        except IntegrityError as error:
            if releases.is_incomplete(repository.objects, release):
                raise
            _note_stray(repository, tag_of(address, version), f"holds no release: {error.message}")
        version = releases.newest_below(known, version)
    return None


def newest_versions(repository: Repository, tags: Mapping[str, str]) -> dict[str, Version]:
    """Return the highest version of every address among `tags` (ref to object); those that are no releases
    are passed over, and noted.
    """
    waiting: dict[str, list[tuple[Version, str]]] = defaultdict(list)
    for ref in tags:
        parsed = parse_tag(ref)
        if parsed is not None:
            waiting[parsed[0]].append((parsed[1], ref))
    newest: dict[str, Version] = {}
    for versions in waiting.values():
        versions.sort()
    while waiting:
        tops = {versions[-1][1]: address for address, versions in waiting.items()}
        found, strays = releases.read_tags(repository.objects, {ref: tags[ref] for ref in tops})
        newest |= {each.release.address: each.release.version for each in found.values()}
        for ref, why in strays.items():
            _note_stray(repository, ref, why)
            waiting[tops[ref]].pop()
        waiting = {at: left for at, left in waiting.items() if left and at not in newest}
    return newest


def read_release(
    repository: Repository, address: str, version: Version, known: Mapping[Version, str] | None = None
) -> Release:
    """Return a release. `known` is looked at instead of the tags.

    Raise `UsageError` where there is none of that version, `IntegrityError` where its tag is no release's.
    """
    return read_tag(repository, address, version, known).release


def read_tag(
    repository: Repository, address: str, version: Version, known: Mapping[Version, str] | None = None
) -> releases.Tag:
    """Return what the tag of a release says; raise as `read_release` does."""
    ref = tag_of(address, version)
    tag_object = (known or {}).get(version) or repository.refs.read(ref)
    if tag_object is None:
        tag_object = releases.find(known or known_versions(repository, address), address, version)
    return releases.read_tag(repository.objects, ref, tag_object)


def _note_stray(repository: Repository, ref: str, why: str) -> None:
    repository.note(f"warning: the tag {ref.removeprefix('refs/tags/')} is left out: it {why}")
