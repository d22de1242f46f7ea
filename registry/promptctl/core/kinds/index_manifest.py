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
    """The product: `pgvector`, `qdrant`, …"""
    collection: str
    """The name of the collection: another build of the index is another collection."""


@dataclass(frozen=True)
class Embedding:
    """The model that made the vectors."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    provider: str
    """Who offers the model."""
    model: str
    """The model's name there."""
    dimensions: int = field(metadata=bounds(1))
    """The length of its vectors."""


@dataclass(frozen=True)
class Chunking:
    """How documents were cut, sizes in `unit`."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    strategy: Literal["fixed", "recursive", "sentence", "semantic", "document"]
    """How documents are cut."""
    chunk_size: int = field(metadata=bounds(1))
    """The longest chunk, in `unit`."""
    chunk_overlap: int = field(default=0, metadata=bounds(0))
    """How much a chunk repeats of the one before, in `unit`."""
    unit: Literal["tokens", "characters"] = "tokens"
    """What sizes are counted in."""


@dataclass(frozen=True)
class IndexSource:
    """The documents that the index was built from."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    uri: str
    """Where the documents were read from."""
    sha256: str
    """The SHA-256 of what was read, in hex."""
    documents: int | None = field(default=None, metadata=bounds(0))
    """How many documents there were."""
    chunks: int | None = field(default=None, metadata=bounds(0))
    """How many chunks they became."""


@dataclass(frozen=True)
class IndexManifest:
    """One build of an index. Another build is another collection."""

    __pydantic_config__ = FORBID_UNKNOWN_KEYS

    vector_store: VectorStore
    """Where the vectors are."""
    embedding: Embedding
    """The model that made the vectors."""
    metric: Literal["cosine", "dot", "euclidean"]
    """How vectors are compared."""
    chunking: Chunking
    """How documents were cut."""
    source: IndexSource
    """The documents that the index was built from."""
    description: str = field(default="", metadata=ABOUT)
    metadata: dict[str, Any] = field(default_factory=dict, metadata=ABOUT)
    parameters: dict[str, Any] = field(default_factory=dict)
    """Settings of the index itself, under the names of its product: `m`, `ef_construction`, …"""
    fields: dict[str, str] = field(default_factory=dict)
    """The fields that can be filtered by: name and type, as the product calls it (`string`, `keyword`, …).
    Where they are listed, the filters of RAG configs name no others.
    """
