"""An index manifest: what a vector index was built from and how, so that prompts can be pinned to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from promptctl.core.kinds.marks import ABOUT, FORBID_UNKNOWN_KEYS, bounds


@dataclass(frozen=True)
class VectorStore:
    """Where the vectors are."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    provider: str
    collection: str


@dataclass(frozen=True)
class Embedding:
    """The model that made the vectors."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    provider: str
    model: str
    dimensions: int = field(metadata=bounds(1))


@dataclass(frozen=True)
class Chunking:
    """How documents were cut, sizes in `unit`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    strategy: Literal["fixed", "recursive", "sentence", "semantic", "document"]
    chunk_size: int = field(metadata=bounds(1))
    chunk_overlap: int = field(default=0, metadata=bounds(0))
    unit: Literal["tokens", "characters"] = "tokens"


@dataclass(frozen=True)
class IndexSource:
    """The documents that the index was built from."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    uri: str
    sha256: str
    documents: int | None = field(default=None, metadata=bounds(0))
    chunks: int | None = field(default=None, metadata=bounds(0))


@dataclass(frozen=True)
class IndexManifest:
    """One build of an index. Another build is another collection."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    vector_store: VectorStore
    embedding: Embedding
    metric: Literal["cosine", "dot", "euclidean"]
    chunking: Chunking
    source: IndexSource
    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    parameters: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
