"""An index whose vectors were made in another way is another index: it gets a collection of its own.

Runtimes of the release before still search the old collection. With other vectors in it their searches find
nonsense, and nothing says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from promptctl.checks.rule import Refusal
from promptctl.core.bundle import Bundle
from promptctl.model.document import Path, Place
from promptctl.model.findings import Finding
from promptctl.model.registry import Registry


class Changed(NamedTuple):
    """One thing that a release may not change like that: which artifact, the value in it, and why."""

    address: str
    path: Path
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRule(Refusal):
    """Compares a release with the one before it."""

    find: Callable[[Bundle, Bundle], Iterator[Changed]]

    def check(self, before: Bundle, after: Bundle, registry: Registry | None = None) -> Iterator[Finding]:
        """Yield a finding for every change that may not be, in the file where the registry is at hand."""
        for each in self.find(before, after):
            artifact = registry.artifacts.get(each.address) if registry else None
            path = artifact.path if artifact else each.address
            yield self.at(path, artifact.place(each.path) if artifact else Place(0, 0), each.message)


_MADE_OF = ("embedding", "metric", "chunking")


def _find(before: Bundle, after: Bundle) -> Iterator[Changed]:
    built = {_collection(each): each for each in before.artifacts.values() if "vector_store" in each}
    for address, manifest in sorted(after.artifacts.items()):
        old = built.get(_collection(manifest))
        if old is None or "vector_store" not in manifest:
            continue
        changed = [each for each in _MADE_OF if old.get(each) != manifest.get(each)]
        if changed:
            collection = manifest["vector_store"]["collection"]
            said = " and ".join(", ".join(changed).rsplit(", ", 1))
            message = f"{said} changed, and the collection is still {collection}: same index, other vectors"
            yield Changed(address, (changed[0],), message)


def _collection(manifest: Mapping[str, Any]) -> tuple[Any, Any]:
    store = manifest.get("vector_store", {})
    return store.get("provider"), store.get("collection")


RULE = ChangeRule(
    "PC160",
    "a changed embedding, metric or chunking comes with a new collection",
    "build the index anew into another collection, and name that one in vector_store",
    find=_find,
)
