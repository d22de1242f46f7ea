"""Facts about models that are widely used: lengths of vectors, limits of inputs, context windows.

As of 2026-11. Where they can be looked up: platform.openai.com/docs/models, docs.cohere.com/docs/models,
docs.voyageai.com/docs/embeddings, ai.google.dev/gemini-api/docs/models, docs.mistral.ai, docs.aws.amazon.com
/bedrock, docs.anthropic.com/en/docs/about-claude/models; for open models their cards on huggingface.co, whose
`sentence_bert_config.json` has `max_seq_length`. A model that is not here is unknown, which is never a
finding; where sources differ (8,191 or 8,192), the larger number stands here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"(-\d{4}-\d{2}-\d{2}|[-@]20\d{6}|-latest|:latest|:0)$")
_VENDOR = re.compile(r"^(openai|cohere|amazon|mistral|anthropic|meta|google)\.")


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """`dimensions` are the lengths of its vectors; one that `shortens` makes every smaller length too.

    `input_tokens` is the longest text: what is longer is refused or, more often, cut in silence.
    """

    dimensions: tuple[int, ...]
    input_tokens: int
    shortens: bool = False

    def makes(self, dimensions: int) -> bool:
        """Say whether its vectors can have this length."""
        return dimensions in self.dimensions or (self.shortens and dimensions <= max(self.dimensions))


def embedding_model(name: str) -> EmbeddingModel | None:
    """Return what is known of an embedding model, with or without its vendor's prefix: `BAAI/bge-m3`."""
    return _EMBEDDINGS.get(_bare(name))


def context_window_tokens(provider: str, name: str) -> int | None:
    """Return how many tokens question and answer may have together, or None where it is not known."""
    return _LOCAL_WINDOW_TOKENS if provider == "local" else _WINDOWS.get(_bare(name))


def _bare(name: str) -> str:
    bare = name.strip().lower().rpartition("/")[2]
    return _VERSION.sub("", _VENDOR.sub("", bare))


_LOCAL_WINDOW_TOKENS = 2048
"""What the built-in provider `local` gives its model, whichever it is."""


def _each(names: str, model: EmbeddingModel) -> dict[str, EmbeddingModel]:
    return dict.fromkeys(names.split(), model)


_EMBEDDINGS: dict[str, EmbeddingModel] = {
    # OpenAI: the third generation takes `dimensions`
    **_each("text-embedding-ada-002", EmbeddingModel((1536,), 8192)),
    **_each("text-embedding-3-small", EmbeddingModel((1536,), 8192, shortens=True)),
    **_each("text-embedding-3-large", EmbeddingModel((3072,), 8192, shortens=True)),
    # Cohere, also as Amazon Bedrock calls it
    **_each("embed-english-v3.0 embed-multilingual-v3.0", EmbeddingModel((1024,), 512)),
    **_each("embed-english-v3 embed-multilingual-v3", EmbeddingModel((1024,), 512)),
    **_each("embed-english-light-v3.0 embed-multilingual-light-v3.0", EmbeddingModel((384,), 512)),
    **_each("embed-v4.0 embed-v4", EmbeddingModel((256, 512, 1024, 1536), 128_000)),
    # Voyage
    **_each(
        "voyage-3-large voyage-3.5 voyage-3.5-lite voyage-code-3",
        EmbeddingModel((256, 512, 1024, 2048), 32_000),
    ),
    **_each("voyage-3 voyage-finance-2 voyage-multilingual-2", EmbeddingModel((1024,), 32_000)),
    **_each("voyage-3-lite", EmbeddingModel((512,), 32_000)),
    **_each("voyage-law-2", EmbeddingModel((1024,), 16_000)),
    **_each("voyage-large-2 voyage-code-2", EmbeddingModel((1536,), 16_000)),
    # Google, Mistral, Amazon
    **_each("text-embedding-004", EmbeddingModel((768,), 2048, shortens=True)),
    **_each("gemini-embedding-001", EmbeddingModel((3072,), 2048, shortens=True)),
    **_each("mistral-embed", EmbeddingModel((1024,), 8192)),
    **_each("titan-embed-text-v1", EmbeddingModel((1536,), 8192)),
    **_each("titan-embed-text-v2", EmbeddingModel((256, 512, 1024), 8192)),
    # Sentence Transformers
    **_each("all-minilm-l6-v2", EmbeddingModel((384,), 256)),
    **_each("all-minilm-l12-v2 paraphrase-multilingual-minilm-l12-v2", EmbeddingModel((384,), 128)),
    **_each("all-mpnet-base-v2", EmbeddingModel((768,), 384)),
    **_each("multi-qa-mpnet-base-dot-v1", EmbeddingModel((768,), 512)),
    # BGE, E5, GTE
    **_each("bge-small-en-v1.5 e5-small-v2 multilingual-e5-small gte-small", EmbeddingModel((384,), 512)),
    **_each("bge-base-en-v1.5 e5-base-v2 multilingual-e5-base gte-base", EmbeddingModel((768,), 512)),
    **_each("bge-large-en-v1.5 e5-large-v2 gte-large", EmbeddingModel((1024,), 512)),
    **_each("multilingual-e5-large multilingual-e5-large-instruct", EmbeddingModel((1024,), 514)),
    **_each("bge-m3 gte-large-en-v1.5", EmbeddingModel((1024,), 8192)),
    **_each("gte-base-en-v1.5 gte-multilingual-base", EmbeddingModel((768,), 8192, shortens=True)),
    # Nomic, Mixedbread, Jina
    **_each("nomic-embed-text nomic-embed-text-v1", EmbeddingModel((768,), 8192)),
    **_each("nomic-embed-text-v1.5", EmbeddingModel((768,), 8192, shortens=True)),
    **_each("mxbai-embed-large mxbai-embed-large-v1", EmbeddingModel((1024,), 512, shortens=True)),
    **_each("jina-embeddings-v2-base-en", EmbeddingModel((768,), 8192)),
    **_each("jina-embeddings-v3", EmbeddingModel((1024,), 8192, shortens=True)),
}

_WINDOWS: dict[str, int] = {
    **dict.fromkeys(("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"), 1_047_576),
    **dict.fromkeys(("gpt-4o", "gpt-4o-mini", "gpt-4-turbo"), 128_000),
    **dict.fromkeys(("gpt-5", "gpt-5-mini", "gpt-5-nano"), 400_000),
    **dict.fromkeys(("o1", "o3", "o3-mini", "o4-mini"), 200_000),
    "gpt-4": 8192,
    "gpt-3.5-turbo": 16_385,
    **dict.fromkeys(("claude-3-haiku", "claude-3-opus", "claude-3-5-haiku"), 200_000),
    **dict.fromkeys(("claude-3-5-sonnet", "claude-3-7-sonnet", "claude-haiku-4-5"), 200_000),
    **dict.fromkeys(("gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-pro"), 1_048_576),
    "meta-llama-3-8b-instruct": 8192,
    **dict.fromkeys(("llama-3.1-8b-instruct", "llama-3.3-70b-instruct"), 131_072),
    "mistral-7b-instruct-v0.3": 32_768,
    "smollm2-135m-instruct": 8192,
}
