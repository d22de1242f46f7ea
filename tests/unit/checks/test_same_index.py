"""PC160: other vectors need another collection. What it compares are two releases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from helpers.registries import registry
from helpers.shop import SHOP, local_shop, ok, publish, refused

from promptctl.checks.same_index import RULE
from promptctl.core import bundle as bundles
from promptctl.core.bundle import Bundle
from promptctl.model.bundle import build

HELP = "index_manifests/help.yaml"
COLLECTION = ("collection: help_1", "collection: help_2")


def bundle_of(files: Mapping[str, str]) -> Bundle:
    built = build(registry(files), "prompts/answer")
    return bundles.parse(built.content, digest=built.digest)


def edited(*changes: tuple[str, str]) -> dict[str, str]:
    text = SHOP[HELP]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return {**SHOP, HELP: text}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("model: embed-1", "model: embed-2"), "embedding"),
        (("dimensions: 256", "dimensions: 512"), "embedding"),
        (("metric: cosine", "metric: dot"), "metric"),
        (("chunk_size: 512", "chunk_size: 256"), "chunking"),
        ((", chunk_overlap: 64", ""), "chunking"),
    ],
)
def test_other_vectors_in_the_same_collection_are_found(change: tuple[str, str], word: str) -> None:
    files = edited(change)
    (found,) = RULE.check(bundle_of(SHOP), bundle_of(files), registry(files))
    assert (found.code, found.path, found.severity) == ("PC160", HELP, "error")
    assert (
        found.line
        == SHOP[HELP]
        .splitlines()
        .index(next(line for line in SHOP[HELP].splitlines() if line.startswith(word)))
        + 1
    )
    assert found.message == f"{word} changed, and the collection is still help_1: same index, other vectors"
    (back,) = RULE.check(bundle_of(files), bundle_of(SHOP))
    assert (back.path, back.line) == ("index_manifests/help", 0)


@pytest.mark.parametrize(
    "changes",
    [
        [("model: embed-1", "model: embed-2"), COLLECTION],
        [("provider: pgvector", "provider: qdrant"), ("metric: cosine", "metric: dot")],
        [('sha256: "9f2c"', 'sha256: "aaaa"')],
        [("fields: {status: string}", "fields: {status: string, topic: string}")],
        [COLLECTION],
    ],
)
def test_what_leaves_the_vectors_or_moves_them_is_right(changes: list[tuple[str, str]]) -> None:
    assert not list(RULE.check(bundle_of(SHOP), bundle_of(edited(*changes))))


def test_the_collection_counts_under_whatever_name_the_manifest_has() -> None:
    files = edited(("metric: cosine", "metric: dot"))
    files["index_manifests/other.yaml"] = files.pop(HELP)
    files["rag_configs/kb.yaml"] = files["rag_configs/kb.yaml"].replace("index: help", "index: other")
    (found,) = RULE.check(bundle_of(SHOP), bundle_of(files))
    assert found.path == "index_manifests/other"


def test_no_release_changes_the_vectors_of_a_collection(tmp_path: Path) -> None:
    clone = local_shop(tmp_path, SHOP)
    ok(clone, "release", "answer")
    publish(clone, edited(("metric: cosine", "metric: dot")))
    stopped = refused(clone, 1, "release", "answer")
    assert stopped["message"] == (
        "prompts/answer has changes that no release may have: index_manifests/help.yaml:3:1: metric changed,"
        " and the collection is still help_1: same index, other vectors"
    )
    assert (
        stopped["hint"] == "build the index anew into another collection, and name that one in vector_store"
    )
    publish(clone, edited(("metric: cosine", "metric: dot"), COLLECTION))
    (released,) = ok(clone, "release", "answer")["releases"]
    assert (released["outcome"], released["version"]) == ("released", "1.1.0")
