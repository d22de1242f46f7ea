"""Export one prompt: what a REF names, written for another tool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from promptctl.core.names import Ref
from promptctl.errors import IntegrityError, UsageError
from promptctl.model.bundle import build
from promptctl.model.release import parse_release_json
from promptctl.model.suite import suites_of
from promptctl.services.exporting.exported import Exported, Subject
from promptctl.services.exporting.formats import FORMATS
from promptctl.services.render import Given, render
from promptctl.services.resolve import Resolved, resolve
from promptctl.services.versions import known_versions, read_release
from promptctl.services.workspace import Workspace
from promptctl.store import releases


@dataclass(frozen=True, slots=True)
class Export:
    """What was exported, and where it comes from."""

    resolved: Resolved
    exported: Exported


def export(workspace: Workspace, format_name: str, ref: Ref, given: Given) -> Export:
    """Return the prompt that a REF names as a file of a format.

    Raise `UsageError` where the format or the prompt does not exist, or inputs are given that it does not
    take; `StoppedError` where the files have findings; what `render` raises for messages.
    """
    chosen = FORMATS[format_name]
    if not ref.address.startswith("prompts/"):
        raise UsageError(
            f"{ref} is no prompt", hint=f"prompts are exported: promptctl export {format_name} NAME"
        )
    if not chosen.module:
        rendered = render(workspace, ref, given)
        text = json.dumps(rendered.messages, ensure_ascii=False, indent=2)
        return Export(rendered.resolved, Exported(f"{text}\n".encode()))
    if given.texts or given.values or given.documents is not None:
        raise UsageError(
            f"{format_name} keeps the inputs as they are declared",
            hint=f"leave --var, --vars and --documents out, or promptctl export messages {ref}",
        )
    resolved = resolve(workspace, ref)
    return Export(resolved, chosen.write(_subject(workspace, resolved)))


def _subject(workspace: Workspace, resolved: Resolved) -> Subject:
    """A release has no suites of its own: those of the work tree judge it, as they do in `eval`."""
    registry = resolved.registry
    if registry is None:
        with suppress(UsageError):  # a bare repository has no files
            registry = workspace.registry
    suites = suites_of(registry, resolved.address) if registry else ()
    return Subject(resolved.bundle, _about(workspace, resolved), suites)


def _about(workspace: Workspace, resolved: Resolved) -> Mapping[str, Any]:
    if resolved.registry is not None:
        return _mapping(build(resolved.registry, resolved.address).about.get(resolved.address))
    repository, version = workspace.repository, resolved.version
    if version is None or version not in known_versions(repository, resolved.address):
        return {}
    release = read_release(repository, resolved.address, version)
    content = repository.objects.blob(f"{release.commit}:{releases.RELEASE}")
    if content is None:
        raise IntegrityError(
            f"{release.address} {release.version} has no {releases.RELEASE}", hint="promptctl verify --all"
        )
    return _mapping(_mapping(parse_release_json(content).get("about")).get(resolved.address))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
