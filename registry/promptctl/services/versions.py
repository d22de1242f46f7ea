"""The releases of an address that are known here."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.core.names import parse_tag, tag_of
from promptctl.core.versions import Version
from promptctl.model.release import Release
from promptctl.store import releases
from promptctl.store.repository import Repository


def known_versions(repository: Repository, address: str) -> dict[Version, str]:
    """Return version and tag object of every release of an address, as last fetched."""
    tags = repository.refs.read_below(f"refs/tags/{address}/")
    parsed = {parse_tag(ref): oid for ref, oid in tags.items()}
    return {each[1]: oid for each, oid in parsed.items() if each is not None and each[0] == address}


def read_release(
    repository: Repository, address: str, version: Version, known: Mapping[Version, str] | None = None
) -> Release:
    """Return a release; raise `UsageError` where there is none of that version. `known` is looked at instead
    of the tags.
    """
    return read_tag(repository, address, version, known).release


def read_tag(
    repository: Repository, address: str, version: Version, known: Mapping[Version, str] | None = None
) -> releases.Tag:
    """Return what the tag of a release says; raise as `read_release` does."""
    found = known_versions(repository, address) if known is None else known
    tag_object = releases.find(found, address, version)
    return releases.read_tag(repository.objects, tag_of(address, version), tag_object)
