"""What every runtime tries before it serves a release: its templates render with sample inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.bundle import Bundle
from promptctl.core.limits import PUBLISH, Limits
from promptctl.core.names import address_of
from promptctl.core.rendering import tried
from promptctl.core.template import Template, parse
from promptctl.core.trust import MisplacedError
from promptctl.errors import InputError, StoppedError, TemplateError
from promptctl.model.bundle import body, build
from promptctl.model.registry import Artifact, Registry

_RENDERED = ("rag_config", "context_template")
"""The artifacts of a bundle that shape its messages, beside the prompt itself."""


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    named = {kind: getattr(prompt.value.uses, kind) for kind in _RENDERED}
    used = [registry.artifacts.get(address_of(kind, name)) for kind, name in named.items() if name]
    artifacts = [each for each in (prompt, *used) if each is not None]
    if len(artifacts) <= len(used):
        return  # one of them could not be read: it has the finding
    parts = {each.address: body(each) for each in artifacts}
    parsed = {each.print(): each for artifact in artifacts for each in artifact.templates}

    def parse_again(text: str, *, limits: Limits) -> Template:
        return parsed.get(text) or parse(text, limits=limits)

    try:
        tried(Bundle(prompt.address, parts, ""), PUBLISH, parse_again)
    except MisplacedError:
        return  # its own rules say where
    except (TemplateError, InputError) as error:
        message = f"it does not render with sample inputs: {error.message}"
        yield at(prompt, (), message, error.hint or "guard the value: runtimes would refuse this")
    if _is_large(parts) or len(prompt.references) >= PUBLISH.artifacts_per_closure:
        yield from _too_large(prompt, registry)


def _is_large(parts: Mapping[str, Any]) -> bool:
    """Say whether the bundle may be over its limit: most are nowhere near, and need not be made."""
    texts = (each.get("text", "") for part in parts.values() for each in (part, *part.get("messages", ())))
    return sum(map(len, texts)) > PUBLISH.bundle_size_bytes // 8


def _too_large(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    try:
        build(registry, prompt.address)
    except StoppedError as error:
        yield at(prompt, (), error.message, error.hint)


RULE = Rule(
    "PC115",
    "a prompt renders with sample inputs, as runtimes try before they serve it",
    kinds=("prompt",),
    find=_find,
)
