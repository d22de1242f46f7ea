"""Releases in git: a tag, its commit, the tree with the bundle and its sources. No refs moved here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from promptctl.core import release as formats
from promptctl.core.names import parse_tag, tag_of
from promptctl.core.release import TagText
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, UsageError
from promptctl.gitcmd import cleaned
from promptctl.model.release import Release, release_json
from promptctl.store.environments import write_tree
from promptctl.store.objects import REGULAR, Objects, StoredObject

if TYPE_CHECKING:  # who only reads tags needs none of these
    from promptctl.core.bundle import Bundle
    from promptctl.core.lock import Pin
    from promptctl.model.bundle import BuiltBundle

BUNDLE = "bundle.json"
RELEASE = "release.json"
_OBJECT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LOOK = "promptctl verify --all says what else is not as it was released"


class Tag(NamedTuple):
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
    tags, strays = read_tags(objects, {ref: tag_object})
    if strays:
        raise IntegrityError(f"{ref} {strays[ref]}", hint=_LOOK)
    return tags[ref]


def read_tags(objects: Objects, tags: Mapping[str, str]) -> tuple[dict[str, Tag], dict[str, str]]:
    """Return what each release's tag says, and of the others why they are none, both by full ref name.

    `tags` is ref to object. Whoever may push can make a tag of any name. Git is asked twice, however many.
    """
    said: dict[str, tuple[str, TagText]] = {}
    found: dict[str, Tag] = {}
    strays: dict[str, str] = {}
    for ref, tag in zip(tags, objects.read_many(list(tags.values())), strict=True):
        try:
            said[ref] = _said(ref, tag)
        except IntegrityError as error:
            strays[ref] = error.message
    commits = objects.read_many([text.commit for _, text in said.values()])
    for (ref, (oid, text)), commit in zip(said.items(), commits, strict=True):
        try:
            found[ref] = _tag(ref, oid, text, commit)
        except IntegrityError as error:
            strays[ref] = error.message
    return found, strays


def _said(ref: str, tag: StoredObject | None) -> tuple[str, TagText]:
    if parse_tag(ref) is None or tag is None or tag.type != "tag":
        raise IntegrityError("is not the annotated tag of a release")
    said = formats.read_tag(tag.data)
    if _OBJECT_ID.fullmatch(said.commit) is None:
        raise IntegrityError("names no commit")
    if said.name != ref.removeprefix("refs/tags/"):
        raise IntegrityError(f"was made under another name: {cleaned(said.name.encode())}")
    return tag.oid, said


def _tag(ref: str, tag_object: str, said: TagText, commit: StoredObject | None) -> Tag:
    parsed = parse_tag(ref)
    if parsed is None or commit is None or commit.type != "commit":
        raise IntegrityError("names no commit")
    address, version = parsed
    head, _, message = commit.data.partition(b"\n\n")
    promised = formats.trailers(commit.data)
    if not said.digest or said.digest != promised.get("Digest"):
        raise IntegrityError("and its commit do not name one digest")
    title = message.partition(b"\n")[0].decode("utf-8", "replace")
    if title != f"{address} v{version}" and parse_tag(f"refs/tags/{title.replace(' ', '/')}"):
        raise IntegrityError("names the commit of another release")
    tree = head.partition(b"\n")[0].removeprefix(b"tree ").decode("ascii", "replace")
    source = promised.get("Source-Commit", "")
    at = None if said.seconds is None else datetime.fromtimestamp(said.seconds, UTC)
    release = Release(address, version, said.digest, tag_object, commit.oid, tree, source)
    return Tag(release, said.by, at, said.notes)


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
    from promptctl.core import bundle as bundles

    bundle = bundles.parse(read_bundle(objects, release), digest=release.digest)
    if bundle.root != release.address:
        raise IntegrityError(
            f"the release {release.address} {release.version} holds the bundle of {bundle.root}",
            hint=_LOOK,
        )
    return bundle


def is_incomplete(objects: Objects, release: Release) -> bool:
    """Whether an object that leads to a release's bundle is missing here, as after a disk's damage."""
    entries = objects.tree(release.commit)
    bundle = [each.oid for each in entries or () if each.name == BUNDLE]
    return entries is None or None in objects.read_many(bundle, limit_bytes=0)


def read_pinned(objects: Objects, address: str, pin: Pin) -> Bundle:
    """Return the bundle that a pin names; raise `IntegrityError` where it is not what the pin says."""
    from promptctl.core import bundle as bundles

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
