"""Settings of a retrieval have an effect on it."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.names import address_of
from promptctl.model.registry import Artifact, Registry


def _find(config: Artifact, registry: Registry) -> Iterator[Problem]:
    retrieval = config.value.retrieval
    if retrieval.alpha is not None and retrieval.search_type != "hybrid":
        message = f"`alpha` weighs the two parts of a hybrid search, and this one is {retrieval.search_type}"
        yield at(config, ("retrieval", "alpha"), message, "remove alpha, or write search_type: hybrid")
    threshold = retrieval.score_threshold
    if threshold is None or retrieval.search_type != "vector" or _metric(config, registry) != "cosine":
        return
    path, metric = ("retrieval", "score_threshold"), "cosine similarity lies between -1 and 1"
    if threshold > 1:
        yield at(config, path, f"nothing reaches {threshold:g}: {metric}", "write a share like 0.25")
    elif threshold <= -1:
        yield at(config, path, f"everything reaches {threshold:g}: {metric}", "leave score_threshold out")


def _metric(config: Artifact, registry: Registry) -> str:
    if config.value.index is None:
        return ""
    index = registry.artifacts.get(address_of("index_manifest", config.value.index))
    return str(index.value.metric) if index is not None else ""


RULE = Rule(
    "PC136",
    "alpha belongs to a hybrid search, and a score_threshold can be reached",
    severity="warning",
    kinds=("rag_config",),
    find=_find,
)
