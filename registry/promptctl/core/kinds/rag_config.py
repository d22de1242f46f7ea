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
    """What is searched by: vectors, keywords, or both."""
    top_k: int = field(default=10, metadata=bounds(1))
    """How many passages are asked for."""
    alpha: float | None = field(default=None, metadata=bounds(0, 1))
    """In a hybrid search: 1 is vectors alone, 0 keywords alone."""
    score_threshold: float | None = None
    """Passages that score below are dropped."""
    filters: dict[str, Any] = field(default_factory=dict)
    """Fields that a passage must have, by name: a value, a list of which one must stand there, or operators
    like `{gte: 2024}` (`eq ne gt gte lt lte in nin contains exists`). `$and`, `$or` and `$not` join filters.
    """


@dataclass(frozen=True)
class Reranker:
    """A second model that orders what was found; `top_n` of it are kept."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    model: str
    """The model's name."""
    top_n: int = field(metadata=bounds(1))
    """How many passages are kept."""


@dataclass(frozen=True)
class ContextBudget:
    """How much text the prompt gets, in tokens of four UTF-8 bytes, and what to do when nothing was found."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    max_tokens: int | None = field(default=None, metadata=bounds(1))
    """The most text that the prompt gets, in tokens of four UTF-8 bytes."""
    on_empty: Literal["answer_without", "refuse"] = "answer_without"
    """What happens where nothing was found."""


@dataclass(frozen=True)
class RagConfig:
    """Retrieval settings of a prompt."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    index: str | None = field(default=None, metadata=reference("index_manifest"))
    """The index that is searched."""
    retrieval: Retrieval = field(default_factory=Retrieval)
    """How the index is asked."""
    reranker: Reranker | None = None
    """A second model that orders what was found."""
    context: ContextBudget = field(default_factory=ContextBudget)
    """How much of it reaches the prompt."""
