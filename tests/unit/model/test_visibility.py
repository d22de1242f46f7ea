from __future__ import annotations

from typing import Any

import pytest

from promptctl.core.bundle import Bundle
from promptctl.core.kinds.dataset import Case, Document
from promptctl.model.visibility import invisible


def bundle(config: dict[str, Any] | None, index: dict[str, Any] | None = None) -> Bundle:
    uses = {} if config is None else {"uses": {"rag_config": "rag_configs/kb"}}
    artifacts: dict[str, Any] = {"prompts/ask": {"messages": [], **uses}}
    if config is not None:
        artifacts["rag_configs/kb"] = config | ({"index": "index_manifests/kb"} if index else {})
    if index:
        artifacts["index_manifests/kb"] = index
    return Bundle("prompts/ask", artifacts, "sha256:0")


def case(documents: int, *, scored: bool = True, complete: bool = False) -> Case:
    made = [Document(f"d{at}", "four" * 10, score=0.5 if scored else None) for at in range(documents)]
    return Case("c", documents=tuple(made), complete=complete)


def unseen(after: dict[str, Any], before: dict[str, Any], *cases: Case) -> tuple[str, ...]:
    return invisible(bundle(after), bundle(before), cases)


def top_k(count: int) -> dict[str, Any]:
    return {"retrieval": {"top_k": count}}


def test_what_did_not_change_is_not_named() -> None:
    assert unseen({"retrieval": {"alpha": 0.5}}, {"retrieval": {"alpha": 0.5}}, case(0)) == ()


@pytest.mark.parametrize(("after", "before"), [(1, 3), (3, 1)])
def test_top_k_is_seen_within_the_recorded_documents(after: int, before: int) -> None:
    assert unseen(top_k(after), top_k(before), case(3), case(4)) == ()
    assert unseen(top_k(after), top_k(before), case(3), case(2)) == ("retrieval.top_k",)
    assert unseen(top_k(after), top_k(before), case(3), case(2, complete=True)) == ()


def test_a_top_k_that_is_not_said_is_the_default() -> None:
    assert unseen({}, top_k(3), case(9)) == ("retrieval.top_k",)
    assert unseen({}, top_k(3), case(10)) == ()


def test_score_thresholds_need_scores_and_lowered_ones_enough_documents() -> None:
    high, low = ({"retrieval": {"top_k": 3, "score_threshold": each}} for each in (0.5, 0.2))
    assert unseen(high, low, case(1)) == ()
    assert unseen(high, low, case(1, scored=False)) == ("retrieval.score_threshold",)
    assert unseen(low, high, case(1)) == ("retrieval.score_threshold",)
    assert unseen(low, high, case(3)) == ()
    assert unseen(top_k(3), high, case(1)) == ("retrieval.score_threshold",)


def test_top_n_is_seen_within_the_recorded_documents_but_another_reranker_is_not() -> None:
    two, five = ({"reranker": {"model": "r", "top_n": each}} for each in (2, 5))
    assert unseen(two, five, case(5)) == ()
    assert unseen(two, five, case(4)) == ("reranker.top_n",)
    assert unseen(two, {"reranker": {"model": "s", "top_n": 2}}, case(9)) == ("reranker.model",)
    assert unseen(two, {}, case(10)) == ("reranker.model",)


def test_a_budget_is_seen_where_the_documents_exceed_it() -> None:
    small, large = ({"retrieval": {"top_k": 5}, "context": {"max_tokens": each}} for each in (10, 25))
    assert unseen(small, large, case(3)) == ()
    assert unseen(small, large, case(2)) == ("context.max_tokens",)
    assert unseen(small, large, case(2, complete=True)) == ()
    assert unseen(small, top_k(5), case(3)) == ("context.max_tokens",)
    assert unseen(small, top_k(5), case(5)) == ()


def test_everything_else_is_named_by_its_path() -> None:
    after = {"retrieval": {"alpha": 0.1, "filters": {"status": "new"}}, "context": {"on_empty": "refuse"}}
    assert unseen(after, {}, case(99)) == ("context.on_empty", "retrieval.alpha", "retrieval.filters.status")


def test_another_index_or_none_at_all_is_not_seen() -> None:
    one, other = bundle({}, {"metric": "cosine"}), bundle({}, {"metric": "dot"})
    assert invisible(one, other, [case(99)]) == ("index.metric",)
    assert invisible(bundle(top_k(3)), bundle(None), [case(99)]) == ()
    assert invisible(bundle(None), one, [case(99)]) == ("index.metric",)
