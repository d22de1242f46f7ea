"""What is retrieved and what is answered fit into the model's context window together, where it is known."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.known_models import context_window_tokens
from promptctl.core.names import address_of
from promptctl.model.document import Path
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    model = prompt.value.model
    window = None if model is None else context_window_tokens(model.provider, model.id)
    if model is None or window is None:
        return
    answer, context = model.options.maxOutputTokens or 0, _context_tokens(prompt, registry)
    if answer + context < window:
        return
    parts = [f"`context.max_tokens` {context:,}"] if context else []
    parts += [f"`maxOutputTokens` {answer:,}"] if answer else []
    leave = "leave" if len(parts) > 1 else "leaves"
    message = f"{' and '.join(parts)} {leave} nothing for the prompt: {model.id} has a window of {window:,}"
    path: Path = ("promptctl", "rag_config") if context > answer else ("model", "options", "maxOutputTokens")
    yield at(prompt, path, message)


def _context_tokens(prompt: Artifact, registry: Registry) -> int:
    """Return the budget of what is retrieved; 0 where there is none."""
    name = prompt.value.uses.rag_config
    config = None if name is None else registry.artifacts.get(address_of("rag_config", name))
    return 0 if config is None else config.value.context.max_tokens or 0


RULE = Rule(
    "PC135",
    "retrieved text and the answer fit into the window of a known model",
    "lower context.max_tokens of the RAG config or maxOutputTokens, or choose a model with a larger window",
    kinds=("prompt",),
    find=_find,
)
