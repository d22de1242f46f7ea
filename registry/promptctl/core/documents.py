"""Retrieved documents: how a RAG config cuts them, for the harness and the SDK alike."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.errors import InputError, TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeAlias

    Document: TypeAlias = Mapping[str, Any]
    LayOut: TypeAlias = Callable[[Sequence[Document]], str]


SHAPE = '{"id": …, "title": …, "content": …, "score": …}'
"""What retrieval gives; which fields are needed, the context template decides."""

_FIRST = "documents[0]"


def listed(documents: Iterable[Document]) -> list[Document]:
    """Return the documents as a list of mappings; raise `InputError` for anything else."""
    if isinstance(documents, (str, bytes, Mapping)):
        raise _no_list(documents)
    try:
        found = [*documents]
    except TypeError:
        raise _no_list(documents) from None
    for index, each in enumerate(found):
        if type(each) is not dict and not isinstance(each, Mapping):
            raise InputError(f"documents[{index}]: expected a mapping such as {SHAPE}, got {_kind(each)}")
    return found


def cut(documents: Sequence[Document], rag_config: Mapping[str, Any]) -> list[Document]:
    """Return the documents, best first, that a RAG config (its body in a bundle) lets through.

    In this order: `score_threshold` (a document without a score stays), `top_k`, `reranker.top_n`, then
    `context.max_tokens`, which ends the list at the first document that does not fit. Raise `InputError` for
    a score that is no number, where it matters.
    """
    retrieval = rag_config.get("retrieval", {})
    threshold = retrieval.get("score_threshold")
    kept = [*documents]
    if threshold is not None:
        kept = [each for index, each in enumerate(kept) if _reaches(each, index, threshold)]
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


def misfit(given: Sequence[Document], kept: Sequence[Document], lay_out: LayOut) -> InputError | None:
    """Return the refusal of the first kept document that cannot be laid out, by its index in `given`.

    None where no single one is to blame.
    """
    if _trouble(lay_out, []):
        return None
    for document in kept:
        trouble = _trouble(lay_out, [document])
        if trouble is not None:
            index = next(index for index, each in enumerate(given) if each is document)
            place = f"documents[{index}]"
            if trouble.message.startswith(_FIRST):
                return InputError(place + trouble.message.removeprefix(_FIRST), hint=trouble.hint)
            return InputError(f"{place}: {trouble.message}", hint=trouble.hint)
    return None


def _reaches(document: Document, index: int, threshold: float) -> bool:
    score = document.get("score")
    if score is not None and not isinstance(score, (int, float)):
        raise InputError(f"documents[{index}]: a score is a number, got {_kind(score)}")
    return score is None or score >= threshold


def _trouble(lay_out: LayOut, documents: Sequence[Document]) -> InputError | TemplateError | None:
    try:
        lay_out(documents)
    except (InputError, TemplateError) as error:
        return error
    return None


def _no_list(documents: object) -> InputError:
    return InputError(f"documents: expected a list of mappings such as {SHAPE}, got {_kind(documents)}")


def _kind(value: object) -> str:
    return type(value).__name__
