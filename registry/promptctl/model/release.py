"""The bytes of a release: `release.json`, the commit and the tag. The same whoever makes them.

Formats: docs/reference/formats.md, "Release" and "JSON".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from promptctl.core.release import SCHEMA
from promptctl.core.versions import Version
from promptctl.core.written import pretty_json
from promptctl.errors import IntegrityError

if TYPE_CHECKING:  # what only reads releases builds none
    from promptctl.model.bundle import BuiltBundle


class Release(NamedTuple):
    """A release as its tag names it."""

    address: str
    version: Version
    digest: str
    tag_object: str
    commit: str
    tree: str
    source_commit: str


def release_json(bundle: BuiltBundle, source_commit: str, files: Mapping[str, bytes]) -> bytes:
    """Return `release.json`: what the release is, of which files, and everything *about*."""
    import hashlib  # what only reads releases needs none

    return pretty_json(
        {
            "schema": SCHEMA,
            "name": bundle.address,
            "digest": bundle.digest,
            "source_commit": source_commit,
            "files": {path: hashlib.sha256(content).hexdigest() for path, content in files.items()},
            "about": bundle.about,
        }
    )


def commit_bytes(
    *, tree: str, parent: str | None, source: bytes, source_commit: str, bundle: BuiltBundle, version: Version
) -> bytes:
    """Return the release commit. `source` is the raw source commit, whose author and committer lines it has
    byte for byte, so that every clone makes the same id.
    """
    author, committer = (_header(source, name) for name in (b"author", b"committer"))
    parents = [f"parent {parent}".encode()] if parent else []
    message = (
        f"{bundle.address} v{version}\n\nSource-Commit: {source_commit}\nDigest: {bundle.digest}\n".encode()
    )
    return b"\n".join([f"tree {tree}".encode(), *parents, author, committer, b"", message])


def tag_bytes(
    *, commit: str, address: str, version: Version, digest: str, tagger: bytes, notes: str
) -> bytes:
    """Return the annotated tag. `tagger` is git's line for who makes it and when."""
    body = f"{notes.strip()}\n\n" if notes.strip() else ""
    return (
        f"object {commit}\ntype commit\ntag {address}/v{version}\n".encode()
        + tagger
        + f"\n\n{address} v{version}\n\n{body}Digest: {digest}\n".encode()
    )


def parse_release_json(content: bytes) -> Mapping[str, Any]:
    """Return the parsed `release.json`; raise `IntegrityError` where it is not one."""
    try:
        parsed = json.loads(content)
        texts = [parsed[key] for key in ("name", "digest", "source_commit")]
        if parsed["schema"] != SCHEMA or not all(isinstance(each, str) for each in texts):
            raise ValueError("unknown schema or fields")
        if not isinstance(parsed["files"], dict):
            raise ValueError("files is no map")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError(f"release.json is not readable: {error}") from error
    return parsed  # type: ignore[no-any-return]


def _header(commit: bytes, name: bytes) -> bytes:
    head = commit.partition(b"\n\n")[0]
    for line in head.split(b"\n"):
        if line.startswith(name + b" "):
            return line
    raise IntegrityError(f"the source commit has no {name.decode()} line")
