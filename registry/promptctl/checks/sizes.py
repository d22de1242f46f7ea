"""Numbers that bound each other."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    return _retrieval(artifact) if artifact.kind == "rag_config" else _chunking(artifact)


def _retrieval(artifact: Artifact) -> Iterator[Problem]:
    reranker, top_k = artifact.value.reranker, artifact.value.retrieval.top_k
    if reranker is not None and reranker.top_n > top_k:
        message = f"`top_n` is {reranker.top_n}, and only `top_k` = {top_k} documents are retrieved"
        yield at(artifact, ("reranker", "top_n"), message, f"at most {top_k}, or raise retrieval.top_k")


def _chunking(artifact: Artifact) -> Iterator[Problem]:
    chunking = artifact.value.chunking
    if chunking.chunk_overlap >= chunking.chunk_size:
        message = f"`chunk_overlap` is {chunking.chunk_overlap}, a whole chunk of {chunking.chunk_size}"
        yield at(artifact, ("chunking", "chunk_overlap"), message, "overlap less than chunk_size")


RULE = Rule(
    "PC108",
    "top_n is at most top_k, and chunk_overlap less than chunk_size",
    kinds=("rag_config", "index_manifest"),
    find=_find,
)
