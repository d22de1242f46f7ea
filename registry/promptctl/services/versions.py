"""The versions of a release that are known here, told from their tags alone."""

from __future__ import annotations

from promptctl.core.names import parse_tag
from promptctl.core.versions import Version
from promptctl.store.repository import Repository


def known_versions(repository: Repository, address: str) -> dict[Version, str]:
    """Return version and tag object of every release of an address, as last fetched."""
    tags = repository.refs.read_below(f"refs/tags/{address}/")
    parsed = {parse_tag(ref): oid for ref, oid in tags.items()}
    return {each[1]: oid for each, oid in parsed.items() if each is not None and each[0] == address}
