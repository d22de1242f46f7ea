"""Writing bundles: a closure as canonical JSON bytes. What goes in is decided by the marks on each field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from dataclasses import Field as DataclassField
from functools import cache
from typing import Any

import rfc8785

from promptctl.core.bundle import digest_of, schema_of
from promptctl.core.kinds.context_template import ContextTemplate
from promptctl.core.kinds.prompt import Prompt
from promptctl.core.limits import PUBLISH
from promptctl.core.names import FOLDERS
from promptctl.errors import StoppedError, UsageError
from promptctl.model.findings import Finding, refusal
from promptctl.model.registry import Artifact, Registry, is_behaviour


@dataclass(frozen=True, slots=True)
class BuiltBundle:
    """The bytes of a bundle and what a release keeps beside them.

    `paths` are the closure's source files, partials included; `about` is what the files say and no runtime
    reads, by address.
    """

    address: str
    content: bytes
    digest: str
    paths: tuple[str, ...]
    about: Mapping[str, Any]


def build(registry: Registry, address: str) -> BuiltBundle:
    """Return the bundle of an artifact and everything it references.

    Raise `UsageError` where the artifact does not exist, `StoppedError` where a file of the closure has
    findings or a limit is passed.
    """
    closure = _sound_closure(registry, address)
    artifacts = {each.address: body(each) for each in closure if each.kind != "partial"}
    content = rfc8785.dumps({"schema": schema_of(artifacts), "root": address, "artifacts": artifacts})
    _check_limits(address, content, len(artifacts))
    return BuiltBundle(
        address=address,
        content=content,
        digest=digest_of(content),
        paths=tuple(sorted(each.path for each in closure)),
        about={each.address: about for each in closure if (about := _plain(each.value, about=True))},
    )


def body(artifact: Artifact) -> dict[str, Any]:
    """Return an artifact's body: its behaviour, normalised as docs/reference/formats.md says."""
    value = artifact.value
    plain = _plain(value, about=False)
    texts = (template.print() for template in artifact.templates)
    if isinstance(value, Prompt):
        plain["messages"] = [
            {"thread": each.thread} if each.thread else {"role": each.role, "text": next(texts)}
            for each in value.messages
        ]
        if value.outputs:
            plain["outputs"] = [{"name": name, **plain["outputs"][name]} for name in value.outputs]
    if isinstance(value, ContextTemplate):
        plain["text"] = next(texts)
    return plain


def _plain(value: Any, *, about: bool) -> dict[str, Any]:
    """Return the behaviour of a dataclass as plain JSON, or with `about` only what is not behaviour."""
    plain = {}
    cls: Any = type(value)
    for field in _fields(cls):
        current = getattr(value, field.name)
        if about:
            written = _about(field, current)
        elif current is field.default or "about" in field.metadata or _is_default(field, current):
            continue  # most fields are absent: their default itself stands there
        else:
            written = _behaviour(field, current)
        if written is not None and ("value" in field.metadata or not _is_empty(written)):
            plain[field.name] = written
    return plain


@cache
def _fields(cls: Any) -> tuple[DataclassField[Any], ...]:
    return fields(cls)


def _about(field: DataclassField[Any], current: Any) -> Any:
    if not field.metadata.get("about"):
        return _nested(current, about=True)
    return None if _is_default(field, current) else current


def _behaviour(field: DataclassField[Any], current: Any) -> Any:
    if "reference" in field.metadata:
        return _full_addresses(field, current)
    if field.metadata.get("set"):
        return sorted(set(current))
    return _nested(current, about=False)


def _nested(current: Any, *, about: bool) -> Any:
    """Go into dataclasses, in lists and maps too; anything else is free JSON and stays as it is written."""
    if is_dataclass(current):
        return _plain(current, about=about)
    if isinstance(current, tuple):
        items = [_nested(each, about=about) for each in current]
        return items if not about or any(items) else None
    if isinstance(current, dict) and any(is_dataclass(each) for each in current.values()):
        named = {key: _nested(each, about=about) for key, each in current.items()}
        return {key: each for key, each in named.items() if each or not about}
    return None if about else current


def _full_addresses(field: DataclassField[Any], current: Any) -> Any:
    if field.metadata.get("address"):
        return current
    folder = FOLDERS[field.metadata["reference"]]
    if isinstance(current, tuple):
        return [f"{folder}/{each}" for each in current]
    return f"{folder}/{current}"


def _is_default(field: DataclassField[Any], current: Any) -> bool:
    if field.default is not MISSING:
        # 1 and 1.0 are one number in JSON, True and 1 are not one value.
        return bool(current == field.default) and isinstance(current, bool) == isinstance(field.default, bool)
    return field.default_factory is not MISSING and current == field.default_factory()


def _is_empty(written: Any) -> bool:
    return written in ([], {}, ())


def _sound_closure(registry: Registry, address: str) -> list[Artifact]:
    if address not in registry.paths:
        raise UsageError(f"there is no {address}", hint="promptctl list")
    closure = [registry.artifacts[each] for each in registry.closure(address)]
    named = [each.target for artifact in closure for each in artifact.references if is_behaviour(each.target)]
    needed = {address, *named}
    paths = {registry.paths[each] for each in needed if each in registry.paths}
    missing = needed - registry.artifacts.keys()
    errors = _errors(registry, paths)
    if missing and not errors:  # what includes a broken partial could not be read, and has no finding itself
        errors = _errors(registry, {path for path in registry.sources if path.startswith("partials/")})
    if errors:
        raise refusal(errors)
    if missing:
        raise StoppedError(f"{min(missing)} could not be read", hint="promptctl validate")
    return closure


def _errors(registry: Registry, paths: Collection[str]) -> list[Finding]:
    return [each for each in registry.findings if each.path in paths and each.severity == "error"]


def _check_limits(address: str, content: bytes, artifacts: int) -> None:
    if artifacts > PUBLISH.artifacts_per_closure:
        raise StoppedError(
            f"{address} reaches {artifacts} artifacts: at most {PUBLISH.artifacts_per_closure}"
        )
    if len(content) > PUBLISH.bundle_size_bytes:
        raise StoppedError(
            f"the bundle of {address} has {len(content)} bytes: at most {PUBLISH.bundle_size_bytes}"
        )
