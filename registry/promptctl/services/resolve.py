"""What a REF names: one bundle, from files, a commit, a release or an environment."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from promptctl.core import bundle as bundles
from promptctl.core.bundle import Bundle
from promptctl.core.names import (
    ENVIRONMENTS,
    Ref,
    environment_ref,
    is_releasable,
    short_name,
    tags_of,
)
from promptctl.core.suggest import did_you_mean
from promptctl.core.versions import Version
from promptctl.errors import UsageError
from promptctl.model.bundle import BuiltBundle, build
from promptctl.model.registry import Registry
from promptctl.services import environment_change
from promptctl.services.environments_read import Environments, heads, read_all
from promptctl.services.missing import missing
from promptctl.services.release import read_source
from promptctl.services.versions import read_release
from promptctl.services.workspace import Workspace
from promptctl.store import releases
from promptctl.store.environments import EnvironmentState

WORK_TREE = "work tree"


@dataclass(frozen=True, slots=True)
class Resolved:
    """One bundle. `where` says where it comes from: `work tree`, `git:REV`, `1.2.0`, or an environment.

    A release has a version. What is built from files has its `registry`, and from a commit the
    `source_commit`.
    """

    address: str
    bundle: Bundle
    version: Version | None
    where: str
    source_commit: str = ""
    registry: Registry | None = None

    @property
    def digest(self) -> str:
        """The digest of the bundle."""
        return self.bundle.digest


def resolve(workspace: Workspace, ref: Ref) -> Resolved:
    """Return the bundle that a REF names, fetching what that needs.

    Raise `UsageError` where there is no such artifact, release, environment or commit, `StoppedError` where
    its files have findings, `IntegrityError` where a bundle is not the one its release or lock names.
    """
    if not ref.address:
        raise UsageError(f"{ref} is a whole environment", hint=f"name an artifact: NAME{ref}")
    _refuse_unbundled(ref.address)
    if ref.version is None and not ref.environment:
        return _from_files(workspace, ref)
    if not is_releasable(ref.address):
        raise UsageError(
            f"{ref.address} is not released on its own",
            hint=f"name the file: {ref.address}, or {ref.address}@git:REV",
        )
    workspace.fetch(refs_of(ref))
    return _released(workspace, ref, ref.version) if ref.version else _serving(workspace, ref)


def refs_of(ref: Ref) -> list[str]:
    """Return the shared refs that a REF needs; files and commits need none."""
    if ref.environment:
        return [environment_ref(ref.environment)]
    return [tags_of(ref.address)] if ref.version else []


def registry_of(workspace: Workspace, ref: Ref) -> tuple[Registry, str]:
    """Return the registry that a REF to files means, and its commit (empty for the work tree)."""
    if not ref.revision:
        return workspace.registry, ""
    source = read_source(workspace.repository, ref.revision)
    return source.registry, source.commit


def environment_state(workspace: Workspace, environment: str) -> EnvironmentState:
    """Return what an environment says; an empty one where nothing was promoted to it yet.

    Raise `UsageError` where neither a branch nor `promptctl.yaml` knows it.
    """
    workspace.fetch([environment_ref(environment)])
    state = environment_change.read_state(workspace.repository, environment)
    if state.head is None:
        _refuse_unknown(workspace, environment)
    return state


def environments_of(workspace: Workspace) -> Environments:
    """Return what every environment says, by name: those of `promptctl.yaml` in its order, then others."""
    if not workspace.has_repository:
        return Environments()
    workspace.fetch([f"{ENVIRONMENTS}*"])
    return read_all(workspace.repository, _known_environments(workspace))


def _from_files(workspace: Workspace, ref: Ref) -> Resolved:
    registry, commit = registry_of(workspace, ref)
    if ref.address not in registry.paths:
        raise missing(ref.address, registry)
    built: BuiltBundle = build(registry, ref.address)
    where = f"git:{ref.revision}" if ref.revision else WORK_TREE
    bundle = bundles.parse(built.content, digest=built.digest)
    return Resolved(ref.address, bundle, None, where, commit, registry)


def _released(workspace: Workspace, ref: Ref, version: Version) -> Resolved:
    release = read_release(workspace.repository, ref.address, version)
    bundle = releases.read_checked(workspace.repository.objects, release)
    return Resolved(ref.address, bundle, version, str(version), release.source_commit)


def _serving(workspace: Workspace, ref: Ref) -> Resolved:
    pins = environment_state(workspace, ref.environment).lock.pins
    if ref.address not in pins:
        raise _not_serving(workspace, ref)
    pin = pins[ref.address]
    bundle = releases.read_pinned(workspace.repository.objects, ref.address, pin)
    return Resolved(ref.address, bundle, Version.parse(pin.version), ref.environment)


def _not_serving(workspace: Workspace, ref: Ref) -> UsageError:
    name = short_name(ref.address)
    hint = f"promptctl promote {name} --to {ref.environment}"
    with suppress(UsageError):  # a bare repository has no files
        if ref.address not in workspace.registry.paths:
            hint = missing(ref.address, workspace.registry).hint
    return UsageError(f"{ref.address} does not serve in {ref.environment}", hint=hint)


def _refuse_unbundled(address: str) -> None:
    if address.startswith(("partials/", "evals/", "datasets/")):
        raise UsageError(
            f"{address} is no behaviour of its own",
            hint="name the prompt that it belongs to; promptctl show shows the file",
        )


def _refuse_unknown(workspace: Workspace, environment: str) -> None:
    known = _known_environments(workspace)
    if environment in known:
        return
    hint = did_you_mean(environment, known, "environments") or "environments: none yet"
    raise UsageError(f"there is no environment {environment!r}", hint=hint)


def _known_environments(workspace: Workspace) -> list[str]:
    """Return those of `promptctl.yaml`, then those with a branch only."""
    declared: tuple[str, ...] = ()
    with suppress(UsageError):  # a bare repository has no files
        declared = workspace.declared
    return list(dict.fromkeys([*declared, *heads(workspace.repository.refs)]))
