from __future__ import annotations

from pathlib import Path

import pytest

import promptctl
from promptctl.core.known_models import context_window_tokens, embedding_model


@pytest.mark.parametrize(
    "name",
    [
        "text-embedding-3-small",
        "openai/text-embedding-3-small",
        "Text-Embedding-3-Small",
        "openrouter/openai/text-embedding-3-small",
    ],
)
def test_a_model_is_known_by_its_name_whoever_offers_it(name: str) -> None:
    found = embedding_model(name)
    assert found is not None
    assert found.dimensions == (1536,)


def test_versions_and_tags_do_not_make_another_model() -> None:
    assert embedding_model("nomic-embed-text:latest") == embedding_model("nomic-embed-text")
    assert embedding_model("amazon.titan-embed-text-v2:0") == embedding_model("titan-embed-text-v2")
    assert context_window_tokens("openai", "gpt-4o-2024-08-06") == 128_000
    assert context_window_tokens("anthropic", "claude-3-5-sonnet-20241022") == 200_000
    assert context_window_tokens("google", "claude-3-5-sonnet@20240620") == 200_000


@pytest.mark.parametrize("name", ["", "/", "gpt-4o-audio", "gpt-4-0613", "text-embedding-3", "embed"])
def test_a_name_that_merely_resembles_one_is_unknown(name: str) -> None:
    assert embedding_model(name) is None
    assert context_window_tokens("openai", name) is None


def test_vectors_are_shortened_by_the_models_that_can() -> None:
    for name, dimensions, makes in (
        ("text-embedding-3-large", 1024, True),
        ("text-embedding-3-large", 3073, False),
        ("text-embedding-ada-002", 1024, False),
        ("voyage-3.5", 256, True),
        ("voyage-3.5", 300, False),
    ):
        model = embedding_model(name)
        assert model is not None
        assert model.makes(dimensions) is makes


def test_the_local_model_has_the_window_that_its_server_gives_it() -> None:
    server = Path(promptctl.__file__).parent / "providers" / "local_server.py"
    window = context_window_tokens("local", "smollm2-135m-instruct")
    assert f"n_ctx = {window}\n" in server.read_text()
    assert context_window_tokens("", "smollm2-135m-instruct") == 8192
