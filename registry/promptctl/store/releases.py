"""Releases in git: a tag, its commit, the tree with the bundle and its sources. No refs moved here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from promptctl.core import bundle as bundles
from promptctl.core import release as formats
from promptctl.core.bundle import Bundle
from promptctl.core.lock import Pin
from promptctl.core.names import parse_tag, tag_of
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, UsageError
from promptctl.model.bundle import BuiltBundle
from promptctl.model.release import Release, release_json
from promptctl.store.environments import write_tree
from promptctl.store.objects import REGULAR, Objects

BUNDLE = "bundle.json"
RELEASE = "release.json"
_LOOK = "promptctl verify --all says what else is not as it was released"


@dataclass(frozen=True, slots=True)
class Tag:
    """A release and what its tag says besides. `by` is an e-mail that nothing vouches for, `at` UTC; empty
    and None where the tag does not say it as git writes it.
    """

    release: Release
    by: str
    at: datetime | None
    notes: str


def read(objects: Objects, ref: str, tag_object: str) -> Release:
    """Return the release that a tag names; raise as `read_tag` does."""
    return read_tag(objects, ref, tag_object).release


def read_tag(objects: Objects, ref: str, tag_object: str) -> Tag:
    """Return what a release's tag says; raise `IntegrityError` where it is not the tag of a release.

    Nothing is recomputed here: `promptctl.services.verify` does that.
    """
    parsed, tag = parse_tag(ref), objects.read(tag_object)
    if parsed is None or tag is None or tag.type != "tag":
        raise IntegrityError(f"{ref} is not the annotated tag of a release", hint=_LOOK)
    said = formats.read_tag(tag.data)
    commit = objects.read(said.commit)
    if commit is None or commit.type != "commit":
        raise IntegrityError(f"{ref} names no commit", hint=_LOOK)
    promised = formats.trailers(commit.data)
    if not said.digest or said.digest != promised.get("Digest"):
        raise IntegrityError(f"{ref}: the tag and its commit do not name one digest", hint=_LOOK)
    if said.name != ref.removeprefix("refs/tags/"):
        raise IntegrityError(f"{ref} was made under another name: {said.name}", hint=_LOOK)
    tree = commit.data.partition(b"\n")[0].removeprefix(b"tree ").decode("ascii", "replace")
    source = promised.get("Source-Commit", "")
    at = None if said.seconds is None else datetime.fromtimestamp(said.seconds, UTC)
    return Tag(Release(*parsed, said.digest, tag.oid, commit.oid, tree, source), said.by, at, said.notes)


def read_bundle(objects: Objects, release: Release) -> bytes:
    """Return the bytes of a release's bundle."""
    content = objects.blob(f"{release.commit}:{BUNDLE}")
    if content is None:
        raise IntegrityError(f"{release.address} {release.version} has no {BUNDLE}", hint=_LOOK)
    return content


def read_checked(objects: Objects, release: Release) -> Bundle:
    """Return the bundle of a release; raise `IntegrityError` where its bytes are not those that the tag
    promises, or belong to another artifact.
    """
    bundle = bundles.parse(read_bundle(objects, release), digest=release.digest)
    if bundle.root != release.address:
        raise IntegrityError(
            f"the release {release.address} {release.version} holds the bundle of {bundle.root}",
            hint=_LOOK,
        )
    return bundle


def read_pinned(objects: Objects, address: str, pin: Pin) -> Bundle:
    """Return the bundle that a pin names; raise `IntegrityError` where it is not what the pin says."""
    content = objects.blob(f"{pin.tree}:{BUNDLE}")
    if content is None:
        raise IntegrityError(
            f"the tree of {address} {pin.version} has no {BUNDLE}",
            hint=_LOOK,
        )
    bundle = bundles.parse(content, digest=pin.digest)
    if bundle.root != address:
        raise IntegrityError(f"{address} {pin.version} is pinned to the bundle of {bundle.root}", hint=_LOOK)
    return bundle


def tree(objects: Objects, bundle: BuiltBundle, source_commit: str, files: Mapping[str, bytes]) -> str:
    """Stage a release tree (all files 100644) and return its id."""
    contents = {
        **files,
        BUNDLE: bundle.content,
        RELEASE: release_json(bundle, source_commit, files),
    }
    return write_tree(objects, {path: (REGULAR, objects.write_blob(each)) for path, each in contents.items()})


def newest_below(known: Mapping[Version, str], version: Version) -> Version | None:
    """Return the highest known version below `version`."""
    return max((each for each in known if each < version), default=None)


def find(known: Mapping[Version, str], address: str, version: Version) -> str:
    """Return the tag object of a version; raise `UsageError` naming those that there are."""
    if version not in known:
        listed = ", ".join(str(each) for each in sorted(known, reverse=True)[:5]) or "none yet"
        raise UsageError(
            f"there is no release {address} {version} (tag {tag_of(address, version)})",
            hint=f"newest releases: {listed}",
        )
    return known[version]
