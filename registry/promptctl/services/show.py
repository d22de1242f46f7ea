"""Show: one artifact or release, whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from promptctl.core.names import ENVIRONMENTS, KINDS, Ref, is_releasable, tag_of
from promptctl.core.versions import Version
from promptctl.errors import IntegrityError, StoppedError, UsageError
from promptctl.model.bundle import body as body_of
from promptctl.model.registry import Registry
from promptctl.model.release import parse_release_json
from promptctl.services.listing import serving
from promptctl.services.missing import missing
from promptctl.services.resolve import (
    WORK_TREE,
    Resolved,
    Workspace,
    environments_of,
    registry_of,
    resolve,
)
from promptctl.services.versions import known_versions
from promptctl.store import releases
from promptctl.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Tagged:
    """What the tag of a release says. `by` is not verified here; `at` is UTC."""

    tag: str
    tag_object: str
    commit: str
    by: str
    at: datetime
    notes: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One artifact. `body` has its behaviour, `about` what else its file says.

    For files the keys of `body` stand in the order of the kind's fields. `digest` is empty for what is no
    behaviour (partials, suites, datasets), `path` for a release. `same_as` is the newest release that has the
    digest; `artifacts` are the addresses in the bundle.
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
    tagged: Tagged | None = None
    artifacts: tuple[str, ...] = ()
    newest: Version | None = None
    same_as: Version | None = None
    serves: Mapping[str, str] = field(default_factory=dict)


def show(workspace: Workspace, ref: Ref) -> Shown:
    """Return what a REF is. Raise as `promptctl.services.resolve.resolve` does."""
    if not ref.address:
        raise UsageError(f"{ref} is a whole environment", hint="promptctl status shows environments")
    releasable = is_releasable(ref.address)
    if releasable and workspace.has_repository:
        workspace.fetch([f"{ENVIRONMENTS}*", f"refs/tags/{ref.address}/v*"])
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
        serves=serving(environments_of(workspace), ref.address) if is_releasable(ref.address) else {},
    )


def _of_release(workspace: Workspace, resolved: Resolved) -> Shown:
    repository, address, version = workspace.repository, resolved.address, resolved.version
    assert version is not None  # noqa: S101 - releases and pins have one
    known = known_versions(repository, address)
    tagged = source_commit = None
    about: Mapping[str, Any] = {}
    if version in known:
        release = releases.read(repository.objects, tag_of(address, version), known[version])
        tagged, source_commit = _tagged(repository, address, version, known[version]), release.source_commit
        about = _about_of_release(repository, release.commit, address)
    bundle = resolved.bundle
    states = environments_of(workspace)
    here = {name: each for name, each in serving(states, address).items() if each == str(version)}
    return Shown(
        address=address,
        kind=KINDS[address.partition("/")[0]],
        where=resolved.where,
        body=bundle.body,
        about=about,
        version=version,
        digest=resolved.digest,
        source_commit=source_commit or "",
        tagged=tagged,
        artifacts=tuple(bundle.artifacts),
        newest=max(known, default=None),
        same_as=version,
        serves=here,
    )


def _versions(workspace: Workspace, address: str) -> dict[Version, str]:
    """Return the digest of every release of an address, as last fetched."""
    if not (is_releasable(address) and workspace.has_repository):
        return {}
    known = known_versions(workspace.repository, address)
    objects = workspace.repository.objects
    return {
        version: releases.read(objects, tag_of(address, version), tag_object).digest
        for version, tag_object in known.items()
    }


def _tagged(repository: Repository, address: str, version: Version, tag_object: str) -> Tagged:
    tag = repository.objects.read(tag_object)
    assert tag is not None  # noqa: S101 - it was read as a release just now
    head, _, message = tag.data.decode("utf-8", "replace").partition("\n\n")
    fields = dict(line.split(" ", 1) for line in head.split("\n"))
    try:
        who, seconds, _ = fields["tagger"].rsplit(" ", 2)
        at = datetime.fromtimestamp(int(seconds), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        raise IntegrityError(f"{address} {version}: its tag does not say who made it and when") from None
    notes = message.partition("\n\n")[2].rpartition("Digest: ")[0].strip()
    return Tagged(tag_of(address, version), tag_object, fields["object"], who, at, notes)


def _about_of_release(repository: Repository, commit: str, address: str) -> Mapping[str, Any]:
    content = repository.objects.blob(f"{commit}:{releases.RELEASE}")
    if content is None:
        raise IntegrityError(f"the release {commit[:12]} of {address} has no {releases.RELEASE}")
    about = parse_release_json(content).get("about", {})
    return about.get(address, {}) if isinstance(about, dict) else {}


def _body(registry: Registry, address: str) -> Mapping[str, Any]:
    artifact = registry.artifacts.get(address)
    if artifact is None:
        path = registry.paths[address]
        first = min(each for each in registry.findings if each.path == path)
        raise StoppedError(
            f"{path}:{first.line}:{first.column}: {first.message}", hint=first.hint or "promptctl validate"
        )
    partials = {each.address.partition("/")[2]: each.value.text for each in registry.of_kind("partial")}
    return body_of(artifact, partials)


def _as_written(value: Any) -> Any:
    """Return a suite's or dataset's body under the names of the file: `assert` is a word of Python, so its
    field is another.
    """
    if isinstance(value, list | tuple):
        return [_as_written(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {"assert" if key == "assertions" else key: _as_written(each) for key, each in value.items()}


def _about(registry: Registry, address: str) -> Mapping[str, Any]:
    value = registry.artifacts[address].value
    found = {name: getattr(value, name, None) for name in ("description", "metadata")}
    return {name: each for name, each in found.items() if each}
