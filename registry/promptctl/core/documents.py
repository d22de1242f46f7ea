"""Retrieved documents: how a RAG config cuts them, for the harness and the SDK alike."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, TypeAlias

    Document: TypeAlias = Mapping[str, Any]


def cut(documents: Iterable[Document], rag_config: Mapping[str, Any]) -> list[Document]:
    """Return the documents, best first, that a RAG config (its body in a bundle) lets through.

    In this order: `score_threshold` (a document without a score stays), `top_k`, `reranker.top_n`, then
    `context.max_tokens`, which ends the list at the first document that does not fit.
    """
    retrieval = rag_config.get("retrieval", {})
    threshold = retrieval.get("score_threshold")
    kept = [
        each for each in documents if threshold is None or _score(each) is None or _score(each) >= threshold
    ]
    kept = kept[: retrieval.get("top_k", DEFAULT_TOP_K)]
    reranker = rag_config.get("reranker")
    if reranker is not None:
        kept = kept[: reranker["top_n"]]
    return _within(kept, rag_config.get("context", {}).get("max_tokens"))


DEFAULT_TOP_K = 10


def tokens(document: Document) -> int:
    """Return what a document costs: its title and content, four UTF-8 bytes to a token, rounded up."""
    size_bytes = len(str(document.get("title", "")).encode()) + len(str(document.get("content", "")).encode())
    return -(-size_bytes // 4)


def _within(documents: Sequence[Document], max_tokens: int | None) -> list[Document]:
    if max_tokens is None:
        return list(documents)
    kept, spent = [], 0
    for each in documents:
        spent += tokens(each)
        if spent > max_tokens:
            break
        kept.append(each)
    return kept


def _score(document: Document) -> Any:
    return document.get("score")
