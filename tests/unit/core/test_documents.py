from __future__ import annotations

import pytest

from promptctl.core.documents import DEFAULT_TOP_K, cut, listed, tokens
from promptctl.errors import InputError


def documents(*scores: float | None) -> list[dict]:
    return [
        {"id": str(index), **({} if score is None else {"score": score})}
        for index, score in enumerate(scores)
    ]


def ids(found: list) -> str:
    return "".join(each["id"] for each in found)


def test_without_a_rag_config_the_default_number_stays():
    assert len(cut(documents(*[None] * 50), {})) == DEFAULT_TOP_K


def test_top_k_keeps_the_first():
    assert ids(cut(documents(None, None, None), {"retrieval": {"top_k": 2}})) == "01"


def test_a_threshold_drops_what_scores_less_and_keeps_what_has_no_score():
    assert ids(cut(documents(0.9, 0.2, None, 0.5), {"retrieval": {"score_threshold": 0.5}})) == "023"


def test_the_threshold_comes_before_top_k():
    config = {"retrieval": {"score_threshold": 0.5, "top_k": 1}}
    assert ids(cut(documents(0.1, 0.9), config)) == "1"


def test_a_reranker_keeps_its_own_number():
    assert ids(cut(documents(None, None, None), {"reranker": {"model": "m", "top_n": 1}})) == "0"


def test_the_budget_ends_the_list_at_the_first_document_that_does_not_fit():
    found = [{"id": "0", "content": "a" * 8}, {"id": "1", "content": "a" * 80}, {"id": "2", "content": "a"}]
    assert ids(cut(found, {"context": {"max_tokens": 10}})) == "0"
    assert ids(cut(found, {"context": {"max_tokens": 22}})) == "01"


@pytest.mark.parametrize(
    ("document", "expected"),
    [({}, 0), ({"content": "a"}, 1), ({"title": "ab", "content": "cd"}, 1), ({"content": "ééé"}, 2)],
)
def test_a_token_is_four_bytes_rounded_up(document, expected):
    assert tokens(document) == expected


def test_half_a_surrogate_pair_costs_tokens_and_no_crash():
    assert tokens({"content": "\ud800"}) == 1


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        *[(wrong, "documents") for wrong in (None, 7, "text", {"id": "a"})],
        (["text"], r"documents\[0\]"),
        ([{}, None], r"documents\[1\]"),
    ],
)
def test_what_is_no_document_is_refused_with_the_shape_of_one(wrong, place):
    with pytest.raises(InputError, match=f'^{place}: expected .*such as {{"id": …, "title": …, "content": …'):
        listed(wrong)


def test_documents_may_come_one_by_one():
    assert listed({"id": each} for each in "ab") == [{"id": "a"}, {"id": "b"}]


def test_a_score_that_is_no_number_is_refused_by_index():
    with pytest.raises(InputError, match=r"documents\[1\]: a score is a number, got str"):
        cut([{}, {"score": "0.9"}], {"retrieval": {"score_threshold": 0.5}})
