"""Releases in git: a tag, its commit, the tree with the bundle and its sources. No refs moved here."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.core import bundle as bundles
from promptctl.core.bundle import Bundle
from promptctl.core.names import parse_tag, tag_of
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, UsageError
from promptctl.model import release as releases
from promptctl.model.bundle import BuiltBundle
from promptctl.model.release import Release
from promptctl.store.environments import write_tree
from promptctl.store.objects import REGULAR, Objects

BUNDLE = "bundle.json"
RELEASE = "release.json"
_LOOK = "promptctl verify --all says what else is not as it was released"


def read(objects: Objects, ref: str, tag_object: str) -> Release:
    """Return the release that a tag names, by its trailers; raise `IntegrityError` where it is no release.

    Nothing is recomputed here: `promptctl.services.verify` does that.
    """
    parsed = parse_tag(ref)
    tag = objects.read(tag_object)
    if parsed is None or tag is None or tag.type != "tag":
        raise IntegrityError(f"{ref} is not the annotated tag of a release", hint=_LOOK)
    address, version = parsed
    lines = tag.data.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")
    fields = {key: value for key, _, value in (line.partition(" ") for line in lines)}
    commit = objects.read(fields.get("object", ""))
    if commit is None or commit.type != "commit":
        raise IntegrityError(f"{ref} names no commit", hint=_LOOK)
    tag_trailers, commit_trailers = releases.trailers(tag.data), releases.trailers(commit.data)
    digest = commit_trailers.get("Digest", "")
    if (
        not digest
        or tag_trailers.get("Digest") != digest
        or fields.get("tag") != ref.removeprefix("refs/tags/")
    ):
        raise IntegrityError(f"{ref}: the tag and its commit do not name one digest", hint=_LOOK)
    tree = commit.data.split(b"\n", 1)[0].removeprefix(b"tree ").decode()
    source = commit_trailers.get("Source-Commit", "")
    return Release(address, version, digest, tag.oid, commit.oid, tree, source)


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


def tree(objects: Objects, bundle: BuiltBundle, source_commit: str, files: Mapping[str, bytes]) -> str:
    """Stage a release tree (all files 100644) and return its id."""
    contents = {
        **files,
        BUNDLE: bundle.content,
        RELEASE: releases.release_json(bundle, source_commit, files),
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
