"""Retrieved documents find their way: from the context template into the prompt's `context` input."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.kinds.inputs import Value
from promptctl.core.names import address_of
from promptctl.model.registry import Artifact, Registry

_DOCUMENT = {"id": "string", "title": "string", "content": "string", "score": "float"}


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
    """Yield what keeps a context template from being filled with nothing but `documents`.

    An application may give its documents more fields than a dataset has; those that both have, have one kind.
    """
    path = ("promptctl", "context_template")
    documents = template.value.inputs.get("documents")
    if documents is None or documents.kind != "array":
        message = f"{template.path} does not take the documents that retrieval returns"
        yield at(prompt, path, message, "declare inputs: {documents: {kind: array, required: true}} there")
    elif documents.items is not None:
        for message, hint in _misfits(documents.items):
            yield at(prompt, path, f"{template.path} cannot take documents: {message}", hint)
    for name, each in template.value.inputs.items():
        if name != "documents" and each.required:
            message = f"{template.path} requires `{name}`, which nobody can give: it gets `documents` only"
            yield at(prompt, path, message, f"give `{name}` a default there")


def _misfits(item: Value) -> Iterator[tuple[str, str]]:
    """Yield (message, hint) for what a document never is."""
    if item.kind != "object":
        yield f"each is an object, not {item.kind}", "write items: {kind: object} there"
    for name, kind in _DOCUMENT.items():
        declared = item.properties.get(name)
        if declared is not None and declared.kind != kind:
            yield f"`{name}` is a {kind}, not {declared.kind}", f"write {name}: {{kind: {kind}}} there"


RULE = Rule(
    "PC107", "a context template can be filled and has an input to fill", kinds=("prompt",), find=_find
)
