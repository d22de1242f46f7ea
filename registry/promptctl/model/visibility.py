"""Which changes of retrieval the documents recorded in the cases cannot show.

Nothing is retrieved in an eval: each case has the documents that retrieval returned when it was written. So a
change of how documents are cut is seen, and a change of how they are found is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from math import inf
from typing import Any

from promptctl.core.bundle import Bundle
from promptctl.core.documents import DEFAULT_TOP_K, tokens
from promptctl.core.kinds.dataset import Case

Config = Mapping[str, Any]
Shows = Callable[[Case, Config, Config], bool]


def invisible(candidate: Bundle, baseline: Bundle, cases: Sequence[Case]) -> tuple[str, ...]:
    """Return the settings (`retrieval.alpha`) that differ and that not every case shows, sorted."""
    after, before = _settings(candidate), _settings(baseline)
    differing = sorted(path for path in after.keys() | before.keys() if after.get(path) != before.get(path))
    return tuple(path for path in differing if not _is_shown(path, cases, after, before))


def _is_shown(path: str, cases: Sequence[Case], after: Config, before: Config) -> bool:
    shows = _SHOWS.get(path)
    return shows is not None and all(shows(case, after, before) for case in cases)


def _settings(bundle: Bundle) -> dict[str, Any]:
    """Return the RAG config and its index as one flat mapping of dotted paths."""
    address = bundle.body.get("uses", {}).get("rag_config")
    config = dict(bundle.artifacts[address]) if address else {}
    index = bundle.artifacts.get(config.get("index", ""))
    return dict(_flat({**config, **({"index": index} if index is not None else {})}))


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        if isinstance(each, Mapping):
            yield from _flat(each, f"{prefix}{key}.")
        else:
            yield prefix + key, each


def _top_k(settings: Config) -> int:
    return int(settings.get("retrieval.top_k", DEFAULT_TOP_K))


def _kept(settings: Config) -> int:
    """Return how many documents a config lets through at most."""
    return min(_top_k(settings), int(settings.get("reranker.top_n", _top_k(settings))))


def _has(case: Case, count: int) -> bool:
    return case.complete or len(case.documents) >= count


def _shows_top_k(case: Case, after: Config, before: Config) -> bool:
    return _has(case, max(_top_k(after), _top_k(before)))


def _shows_top_n(case: Case, after: Config, before: Config) -> bool:
    return _has(case, max(_kept(after), _kept(before)))


def _shows_max_tokens(case: Case, after: Config, before: Config) -> bool:
    """Documents that already exceed the larger budget show it, however many more there were."""
    budget = max(each.get("context.max_tokens", inf) for each in (after, before))
    spent = sum(tokens(asdict(document)) for document in case.documents)
    return spent > budget or _shows_top_n(case, after, before)


def _shows_score_threshold(case: Case, after: Config, before: Config) -> bool:
    """Raised, it drops documents that are here; lowered, it lets in some that were perhaps not recorded."""
    scored = all(document.score is not None for document in case.documents)
    lowered = after.get("retrieval.score_threshold", -inf) < before.get("retrieval.score_threshold", -inf)
    return scored and (not lowered or _shows_top_k(case, after, before))


_SHOWS: Mapping[str, Shows] = {
    "retrieval.top_k": _shows_top_k,
    "retrieval.score_threshold": _shows_score_threshold,
    "reranker.top_n": _shows_top_n,
    "context.max_tokens": _shows_max_tokens,
}
