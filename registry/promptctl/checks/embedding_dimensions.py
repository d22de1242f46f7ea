"""Vectors have a length that their model makes, where the model is known."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.known_models import EmbeddingModel, embedding_model
from promptctl.model.registry import Artifact, Registry


def _find(index: Artifact, _: Registry) -> Iterator[Problem]:
    embedding = index.value.embedding
    model = embedding_model(embedding.model)
    if model is not None and not model.makes(embedding.dimensions):
        made = _made(model)
        message = f"{embedding.model} makes vectors of {made} dimensions, not {embedding.dimensions}"
        hint = f"write dimensions: {max(model.dimensions)}, or name the model that made them"
        yield at(index, ("embedding", "dimensions"), message, hint)


def _made(model: EmbeddingModel) -> str:
    if model.shortens:
        return f"at most {max(model.dimensions):,}"
    *others, last = sorted(model.dimensions)
    return f"{', '.join(map(str, others))} or {last}" if others else str(last)


RULE = Rule("PC132", "dimensions are those of a known embedding model", kinds=("index_manifest",), find=_find)
