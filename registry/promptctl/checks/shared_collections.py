"""One collection holds one build of an index: vectors of two kinds in one place find nothing right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptctl.checks.rule import Outline, Problem, RegistryRule
from promptctl.model.document import Place
from promptctl.model.registry import Artifact

_PARTS = ("embedding", "metric", "chunking")


def _gathered(index: Artifact) -> dict[str, Any]:
    value = index.value
    embedding, chunking = value.embedding, value.chunking
    return {
        "collection": [value.vector_store.provider.lower(), value.vector_store.collection],
        "place": [*index.place(("vector_store", "collection"))],
        "embedding": [embedding.provider, embedding.model, embedding.dimensions],
        "metric": value.metric,
        "chunking": [chunking.strategy, chunking.chunk_size, chunking.chunk_overlap, chunking.unit],
    }


def _find(outline: Outline, indexes: Mapping[str, Any]) -> Iterator[Problem]:
    sharing: dict[tuple[str, ...], list[str]] = {}
    for address, index in indexes.items():
        sharing.setdefault(tuple(index["collection"]), []).append(address)
    for (provider, collection), addresses in sharing.items():
        first = indexes[addresses[0]]
        others = [each for each in addresses if _differing(first, indexes[each])]
        for address in (addresses[0], *others) if others else ():
            other = addresses[0] if address != addresses[0] else others[0]
            parts = " and ".join(_differing(indexes[address], indexes[other]))
            message = (
                f"{other} describes the collection {collection!r} of {provider} too, with a different {parts}"
            )
            yield Problem(outline.paths[address], Place(*indexes[address]["place"]), message)


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [each for each in _PARTS if one[each] != other[each]]


RULE = RegistryRule(
    "PC134",
    "manifests of one collection agree on embedding, metric and chunking",
    "give each build of an index a collection of its own",
    kinds=("index_manifest",),
    gather=_gathered,
    find=_find,
)
