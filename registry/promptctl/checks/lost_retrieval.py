"""What a RAG config retrieves reaches the prompt: through a context template, or as the input `context`.

A context template without a RAG config is fine: the application retrieves as it likes.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, _: Registry) -> Iterator[Problem]:
    uses = prompt.value.uses
    if uses.rag_config is not None and uses.context_template is None and "context" not in prompt.value.inputs:
        message = f"what the RAG config {uses.rag_config!r} retrieves has no way into the prompt"
        yield at(prompt, ("promptctl", "rag_config"), message)


RULE = Rule(
    "PC130",
    "what is retrieved has a way into the prompt",
    "declare inputs: {context: {kind: string, required: true}}, and name a context_template that fills it",
    "warning",
    kinds=("prompt",),
    find=_find,
)
