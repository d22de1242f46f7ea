"""Where a prompt's file puts what end users write."""

from __future__ import annotations

from dataclasses import asdict

from promptctl.core import trust
from promptctl.core.names import address_of
from promptctl.model.registry import Artifact, Registry


def misplaced(prompt: Artifact, registry: Registry) -> tuple[trust.Misplaced, ...]:
    """Return every place where it could pass for the author's words (docs/reference/formats.md, "Trust")."""
    name = prompt.value.uses.context_template
    layout = registry.artifacts.get(address_of("context_template", name)) if name else None
    inputs = [*prompt.value.inputs.values(), *(layout.value.inputs.values() if layout else ())]
    if all(each.trust == "author" for each in inputs):
        return ()
    roles = [each.role for each in prompt.value.messages if not each.thread]
    found = trust.fenced(
        [*zip(roles, prompt.templates, strict=True)],
        _declared(prompt),
        layout.templates[0] if layout else None,
        _declared(layout) if layout else {},
    )
    return found.misplaced


def _declared(artifact: Artifact) -> dict[str, dict[str, object]]:
    return {name: asdict(each) for name, each in artifact.value.inputs.items()}
