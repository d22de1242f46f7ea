"""Releases: the tree of a release, the tag that names it, and the pin by which it serves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from promptctl.core import bundle as bundles
from promptctl.core.lock import Pin
from promptctl.core.names import parse_tag
from promptctl.core.written import short
from promptctl.errors import IntegrityError
from promptctl.model.pipeline import Pipeline
from promptctl.model.release import parse_release_json
from promptctl.services.verify.basis import Basis
from promptctl.services.verify.violation import Violation, guarded
from promptctl.store import releases
from promptctl.store.environments import EnvironmentState
from promptctl.store.objects import REGULAR
from promptctl.store.repository import Repository

_MADE = frozenset((releases.BUNDLE, releases.RELEASE))
"""The files of a release tree that a release makes itself."""


def check_pins(
    repository: Repository, state: EnvironmentState, tags: Mapping[str, str]
) -> Iterator[Violation]:
    """Whether what serves is what the lock says, and the lock what the tags say."""
    where = f"env/{state.environment}"
    for address, pin in sorted(state.lock.pins.items()):
        name = f"{address} {pin.version}"
        yield from guarded(where, _check_pin(repository, state, address, pin))
        if is_tag_of(pin, address):
            yield from guarded(where, _check_tag(repository, where, name, pin, tags.get(pin.tag)))
        else:
            yield Violation(where, "lock-edited", f"{name}: the lock names the tag {pin.tag}")
    yield from guarded(where, _check_strays(repository, state))


def check_release(repository: Repository, where: str, ref: str, tag_object: str) -> Iterator[Violation]:
    """Whether the tree of a release is what its tag and its files say."""
    release = releases.read(repository.objects, ref, tag_object)
    said = {"name": release.address, "digest": release.digest, "source_commit": release.source_commit}
    yield from _check_tree(repository, where, where, release.tree, said)


def check_source(basis: Basis, where: str, ref: str, tag_object: str) -> Iterator[Violation]:
    """Whether a release was made of what was merged: of a commit of the default branch, with its files.

    Where releases may be made of other branches too, these may be gone by now, and nothing is said.
    """
    objects = basis.repository.objects
    release = releases.read(objects, ref, tag_object)
    is_merged = basis.is_its_own(release.source_commit)
    pipeline = basis.pipeline(basis.head) if basis.head else ""
    if isinstance(pipeline, Pipeline) and not pipeline.release.branches and is_merged is False:
        words = f"was made of {short(release.source_commit)}, which is no commit of the default branch"
        yield Violation(where, "source-unknown", words)
    if not is_merged:
        return
    files = [each for each in objects.tree(release.tree, recursive=True) or [] if each.name not in _MADE]
    sources = objects.read_many([f"{release.source_commit}:{each.name}" for each in files], limit_bytes=0)
    for each, source in zip(files, sources, strict=True):
        if source is None or source.oid != each.oid:
            words = f"{each.name} is not that of {short(release.source_commit)}, of which it was made"
            yield Violation(where, "source-unknown", words)


def is_tag_of(pin: Pin, address: str) -> bool:
    """Whether a pin names the tag of its own release."""
    parsed = parse_tag(pin.tag)
    return parsed is not None and (parsed[0], str(parsed[1])) == (address, pin.version)


def _check_pin(
    repository: Repository, state: EnvironmentState, address: str, pin: Pin
) -> Iterator[Violation]:
    where, name = f"env/{state.environment}", f"{address} {pin.version}"
    spliced = repository.objects.read(f"{state.head}:releases/{address}")
    if spliced is None or spliced.oid != pin.tree:
        found = short(spliced.oid) if spliced else "nothing"
        yield Violation(
            where, "tree-swapped", f"{name}: the tree is {found}, the lock says {short(pin.tree)}"
        )
    else:
        yield from _check_tree(repository, where, name, pin.tree, {"name": address, "digest": pin.digest})


def _check_strays(repository: Repository, state: EnvironmentState) -> Iterator[Violation]:
    """Whether there is anything below `releases/` that is of no pin."""
    known = {f"releases/{address}" for address in state.lock.pins}
    for each in repository.objects.tree(f"{state.head}:releases", recursive=True) or []:
        path = f"releases/{each.name}"
        if known.isdisjoint(map(str, PurePosixPath(path).parents)):
            yield Violation(
                f"env/{state.environment}", "tree-swapped", f"{path} is in the tree and not in the lock"
            )


def _check_tag(
    repository: Repository, where: str, name: str, pin: Pin, tag_object: str | None
) -> Iterator[Violation]:
    if tag_object is None:
        yield Violation(where, "tag-moved", f"{name}: its tag {pin.tag} is gone")
        return
    if tag_object != pin.tag_object:
        yield Violation(
            where,
            "tag-moved",
            f"{name}: the tag is {short(tag_object)}, the lock says {short(pin.tag_object)}",
        )
        return
    try:
        release = releases.read(repository.objects, pin.tag, tag_object)
    except IntegrityError:
        return  # said where releases are checked
    if (release.commit, release.tree, release.digest) != (pin.commit, pin.tree, pin.digest):
        yield Violation(where, "lock-edited", f"{name}: the lock does not say what its tag says")


def _check_tree(
    repository: Repository, where: str, name: str, tree: str, said: Mapping[str, str]
) -> Iterator[Violation]:
    """Whether the files of a release tree are those that its `release.json` and the digest name. `said` are
    fields that `release.json` must have.
    """
    content = repository.objects.blob(f"{tree}:{releases.BUNDLE}")
    if content is None or bundles.digest_of(content) != said["digest"]:
        yield Violation(
            where, "bundle-edited", f"{name}: bundle.json does not have the digest {short(said['digest'])}…"
        )
        return
    if bundles.parse(content, digest=said["digest"]).root != said["name"]:
        yield Violation(where, "bundle-edited", f"{name}: bundle.json is that of another artifact")
    stated = parse_release_json(repository.objects.blob(f"{tree}:{releases.RELEASE}") or b"")
    for key in said:
        if stated[key] != said[key]:
            yield Violation(where, "tree-swapped", f"{name}: release.json names another {key}")
    files = {each.name: each for each in repository.objects.tree(tree, recursive=True) or []}
    hashes = {
        path: hashlib.sha256(repository.objects.blob(each.oid) or b"").hexdigest()
        for path, each in files.items()
        if path not in _MADE
    }
    for path in sorted({*hashes, *stated["files"]}):
        if hashes.get(path) != stated["files"].get(path):
            yield Violation(where, "tree-swapped", f"{name}: {path} is not what release.json says")
    for path, each in files.items():
        if each.mode != REGULAR:
            yield Violation(where, "tree-swapped", f"{name}: {path} has the mode {each.mode:o}")
