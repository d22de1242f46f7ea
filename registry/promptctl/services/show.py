"""Show: one artifact or release, whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from promptctl.core.names import ENVIRONMENTS, KINDS, Ref, is_releasable, tags_of
from promptctl.core.release import split_signature
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, UsageError
from promptctl.model.bundle import body as body_of
from promptctl.model.findings import refusal
from promptctl.model.registry import Registry
from promptctl.model.release import Release, parse_release_json
from promptctl.services.environments_read import Environments
from promptctl.services.listing import serving
from promptctl.services.missing import missing
from promptctl.services.resolve import (
    WORK_TREE,
    Resolved,
    environments_of,
    registry_of,
    resolve,
)
from promptctl.services.versions import known_versions, read_release, read_tag
from promptctl.services.workspace import Workspace
from promptctl.store import releases
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Shown:
    """One artifact. `body` has its behaviour, `about` what else its file says.

    For files the keys of `body` stand in the order of the kind's fields. `digest` is empty for what is no
    behaviour (partials, suites, datasets), `path` for a release. `signed` says that the release's tag has a
    signature, not that it proves anything: that is for `verify`. `same_as` is the newest release that has the
    digest; `artifacts` are the addresses in the bundle.
    `damaged` says of environments why they cannot be read, so that nobody knows whether it serves there.
    """

    address: str
    kind: str
    where: str
    body: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    version: Version | None = None
    digest: str = ""
    source_commit: str = ""
    tag: releases.Tag | None = None
    signed: bool = False
    artifacts: tuple[str, ...] = ()
    newest: Version | None = None
    same_as: Version | None = None
    serves: Mapping[str, str] = field(default_factory=dict)
    damaged: Mapping[str, str] = field(default_factory=dict)


def show(workspace: Workspace, ref: Ref) -> Shown:
    """Return what a REF is. Raise as `promptctl.services.resolve.resolve` does."""
    if not ref.address:
        raise UsageError(f"{ref} is a whole environment", hint="promptctl status shows environments")
    releasable = is_releasable(ref.address)
    if releasable and workspace.has_repository:
        workspace.fetch([f"{ENVIRONMENTS}*", tags_of(ref.address)])
    if ref.version or ref.environment:
        return _of_release(workspace, resolve(workspace, ref))
    return _of_files(workspace, ref)


def _of_files(workspace: Workspace, ref: Ref) -> Shown:
    registry, commit = registry_of(workspace, ref)
    if ref.address not in registry.paths:
        raise missing(ref.address, registry)
    kind, path = KINDS[ref.address.partition("/")[0]], registry.paths[ref.address]
    where = f"git:{ref.revision}" if ref.revision else WORK_TREE
    if kind in ("partial", "eval_suite", "dataset"):
        body = _as_written(_body(registry, ref.address))
        about = _about(registry, ref.address)
        return Shown(ref.address, kind, where, body, about, path, source_commit=commit)
    resolved = resolve(workspace, ref)
    bundle = resolved.bundle
    known = _versions(workspace, ref.address)
    same = [each for each, digest in known.items() if digest == resolved.digest]
    found = environments_of(workspace) if is_releasable(ref.address) else Environments()
    return Shown(
        address=ref.address,
        kind=kind,
        where=where,
        body=_body(registry, ref.address),
        about=_about(registry, ref.address),
        path=path,
        digest=resolved.digest,
        source_commit=commit,
        artifacts=tuple(bundle.artifacts),
        newest=max(known, default=None),
        same_as=max(same, default=None),
        serves=serving(found.states, ref.address),
        damaged=found.damaged,
    )


def _of_release(workspace: Workspace, resolved: Resolved) -> Shown:
    repository, address, version = workspace.repository, resolved.address, resolved.version
    assert version is not None  # noqa: S101 - releases and pins have one
    known = known_versions(repository, address)
    tag: releases.Tag | None = None
    about: Mapping[str, Any] = {}
    if version in known:
        tag = read_tag(repository, address, version, known)
        about = _about_of_release(repository, tag.release)
    bundle = resolved.bundle
    found = environments_of(workspace)
    here = {name: each for name, each in serving(found.states, address).items() if each == str(version)}
    return Shown(
        address=address,
        kind=KINDS[address.partition("/")[0]],
        where=resolved.where,
        body=bundle.body,
        about=about,
        version=version,
        digest=resolved.digest,
        source_commit=tag.release.source_commit if tag else "",
        tag=tag,
        signed=tag is not None and _is_signed(repository, tag),
        artifacts=tuple(bundle.artifacts),
        newest=max(known, default=None),
        same_as=version,
        serves=here,
        damaged=found.damaged,
    )


def _is_signed(repository: Repository, tag: releases.Tag) -> bool:
    found = repository.objects.read(tag.release.tag_object)
    return found is not None and bool(split_signature(found.data)[1])


def _versions(workspace: Workspace, address: str) -> dict[Version, str]:
    """Return the digest of every release of an address, as last fetched."""
    if not (is_releasable(address) and workspace.has_repository):
        return {}
    repository = workspace.repository
    known = known_versions(repository, address)
    return {each: read_release(repository, address, each, known).digest for each in known}


def _about_of_release(repository: Repository, release: Release) -> Mapping[str, Any]:
    content = repository.objects.blob(f"{release.commit}:{releases.RELEASE}")
    if content is None:
        raise IntegrityError(
            f"{release.address} {release.version} has no {releases.RELEASE}", hint="promptctl verify --all"
        )
    about = parse_release_json(content).get("about", {})
    return about.get(release.address, {}) if isinstance(about, dict) else {}


def _body(registry: Registry, address: str) -> Mapping[str, Any]:
    artifact = registry.artifacts.get(address)
    if artifact is None:
        path = registry.paths[address]
        raise refusal([each for each in registry.findings if each.path == path])
    return body_of(artifact)


def _as_written(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a suite's or dataset's body under the names of the file: `assert` is a word of Python, so the
    field of a suite, and of a case, is another. Other keys are people's own.
    """
    cases = {"cases": [_as_written(each) for each in body["cases"]]} if "cases" in body else {}
    return {"assert" if key == "assertions" else key: value for key, value in {**body, **cases}.items()}


def _about(registry: Registry, address: str) -> Mapping[str, Any]:
    value = registry.artifacts[address].value
    found = {name: getattr(value, name, None) for name in ("description", "metadata")}
    return {name: each for name, each in found.items() if each}
