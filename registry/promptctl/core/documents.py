"""Retrieved documents: how a RAG config cuts them, for the harness and the SDK alike."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Iterable, Sequence
    from typing import Any, TypeAlias

    Document: TypeAlias = Mapping[str, Any]


def cut(documents: Iterable[Document], rag_config: Mapping[str, Any]) -> list[Document]:
    """Return the documents, best first, that a RAG config (its body in a bundle) lets through.

    In this order: `score_threshold` (a document without a score stays), `top_k`, `reranker.top_n`, then
    `context.max_tokens`, which ends the list at the first document that does not fit. Raise `InputError` for
    what is no document.
    """
    retrieval = rag_config.get("retrieval", {})
    threshold = retrieval.get("score_threshold")
    kept = _checked(documents)
    if threshold is not None:
        kept = [each for each in kept if _reaches(each, threshold)]
    kept = kept[: retrieval.get("top_k", DEFAULT_TOP_K)]
    reranker = rag_config.get("reranker")
    if reranker is not None:
        kept = kept[: reranker["top_n"]]
    return _within(kept, rag_config.get("context", {}).get("max_tokens"))


DEFAULT_TOP_K = 10


def tokens(document: Document) -> int:
    """Return what a document costs: its title and content, four UTF-8 bytes to a token, rounded up."""
    texts = (str(document.get("title", "")), str(document.get("content", "")))
    size_bytes = sum(len(each.encode(errors="surrogatepass")) for each in texts)
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


def _checked(documents: Iterable[Document]) -> list[Document]:
    try:
        checked = [*documents]
    except TypeError:
        raise InputError(f"documents: expected a list, got {type(documents).__name__}") from None
    for index, each in enumerate(checked):
        if type(each) is not dict and not isinstance(each, Mapping):
            raise InputError(f"documents[{index}]: expected an object, got {type(each).__name__}")
    return checked


def _reaches(document: Document, threshold: float) -> bool:
    score = document.get("score")
    if score is not None and not isinstance(score, (int, float)):
        raise InputError(f"a document's score is a number, got {type(score).__name__}")
    return score is None or score >= threshold
