"""A RAG config: what is retrieved for a question, and how much of it reaches the prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, bounds, reference


@dataclass(frozen=True)
class Retrieval:
    """How the index is asked. `alpha` weighs vectors (1) against keywords (0) in a hybrid search."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    search_type: Literal["vector", "keyword", "hybrid"] = "vector"
    top_k: int = field(default=10, metadata=bounds(1))
    alpha: float | None = field(default=None, metadata=bounds(0, 1))
    score_threshold: float | None = None
    filters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reranker:
    """A second model that orders what was found; `top_n` of it are kept."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    model: str
    top_n: int = field(metadata=bounds(1))


@dataclass(frozen=True)
class ContextBudget:
    """How much text the prompt gets, in tokens of four UTF-8 bytes, and what to do when nothing was found."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    max_tokens: int | None = field(default=None, metadata=bounds(1))
    on_empty: Literal["answer_without", "refuse"] = "answer_without"


@dataclass(frozen=True)
class RagConfig:
    """Retrieval settings of a prompt."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    index: str | None = field(default=None, metadata=reference("index_manifest"))
    retrieval: Retrieval = field(default_factory=Retrieval)
    reranker: Reranker | None = None
    context: ContextBudget = field(default_factory=ContextBudget)
