"""Retrieved documents find their way: from the context template into the prompt's `context` input."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.names import address_of
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    name = prompt.value.uses.context_template
    if name is None:
        return
    context = prompt.value.inputs.get("context")
    if context is None or context.kind != "string":
        message = f"the context template {name!r} has no input to fill"
        hint = "declare inputs: {context: {kind: string, required: true}}"
        yield at(prompt, ("promptctl", "context_template"), message, hint)
    template = registry.artifacts.get(address_of("context_template", name))
    if template is not None:
        yield from _fillable(prompt, template)


def _fillable(prompt: Artifact, template: Artifact) -> Iterator[Problem]:
    """Yield what keeps a context template from being filled with nothing but `documents`."""
    path = ("promptctl", "context_template")
    documents = template.value.inputs.get("documents")
    if documents is None or documents.kind != "array":
        message = f"{template.path} does not take the documents that retrieval returns"
        yield at(prompt, path, message, "declare inputs: {documents: {kind: array, required: true}} there")
    for name, each in template.value.inputs.items():
        if name != "documents" and each.required:
            message = f"{template.path} requires `{name}`, which nobody can give: it gets `documents` only"
            yield at(prompt, path, message, f"give `{name}` a default there")


RULE = Rule(
    "PC107", "a context template can be filled and has an input to fill", kinds=("prompt",), find=_find
)
