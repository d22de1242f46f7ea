"""Chunks fit into what their embedding model reads, where it is known: the rest would be cut in silence."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.known_models import embedding_model
from promptctl.model.registry import Artifact, Registry


def _find(index: Artifact, _: Registry) -> Iterator[Problem]:
    chunking, name = index.value.chunking, index.value.embedding.model
    model = embedding_model(name)
    if model is None or chunking.unit != "tokens" or chunking.chunk_size <= model.input_tokens:
        return
    message = f"{name} reads {model.input_tokens:,} tokens, and a chunk may have {chunking.chunk_size:,}"
    hint = f"at most chunk_size: {model.input_tokens}, or a model that reads more"
    yield at(index, ("chunking", "chunk_size"), message, hint)


RULE = Rule(
    "PC133",
    "chunks fit into what a known embedding model reads",
    severity="warning",
    kinds=("index_manifest",),
    find=_find,
)
