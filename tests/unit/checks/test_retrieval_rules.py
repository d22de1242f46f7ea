from __future__ import annotations

import pytest
from helpers.rules import messages

PASSAGES = "---\ninputs: {documents: {kind: array, required: true%s}}\n---\n{{ documents | length }}\n"


def prompt(front: str) -> str:
    return f"---\n{front}\n---\nAnswer.\n"


def manifest(**changes: str) -> str:
    parts = {
        "vector_store": "{provider: pgvector, collection: help}",
        "embedding": "{provider: openai, model: text-embedding-3-small, dimensions: 1536}",
        "metric": "cosine",
        "chunking": "{strategy: recursive, chunk_size: 256}",
        "source": '{uri: "s3://kb", sha256: "9f2c"}',
        **changes,
    }
    return "".join(f"{key}: {value}\n" for key, value in parts.items())


@pytest.mark.parametrize(
    ("front", "found"),
    [
        ("promptctl: {rag_config: help}", 1),
        ("promptctl: {rag_config: help, context_template: passages}", 0),
        ("inputs: {context: {kind: string}}\npromptctl: {rag_config: help}", 0),
        ("promptctl: {context_template: passages}", 0),
    ],
)
def test_what_is_retrieved_needs_a_way_into_the_prompt(front: str, found: int) -> None:
    files = {
        "prompts/p.md": prompt(front),
        "rag_configs/help.yaml": "retrieval: {top_k: 3}\n",
        "context_templates/passages.md": PASSAGES % "",
    }
    assert len(messages("PC130", files)) == found


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ("", []),
        (", items: {kind: object}", []),
        (
            ", items: {kind: object, properties: {id: {kind: string}, url: {kind: string, required: true}}}",
            [],
        ),
        (", items: {kind: object, properties: {score: {kind: float}}}", []),
        (", items: {kind: string}", ["each is an object, not string"]),
        (", items: {kind: object, properties: {id: {kind: integer}}}", ["`id` is a string, not integer"]),
        (
            ", items: {kind: object, properties: {score: {kind: integer}}}",
            ["`score` is a float, not integer"],
        ),
    ],
)
def test_a_context_template_declares_documents_as_retrieval_gives_them(items: str, found: list[str]) -> None:
    files = {
        "prompts/p.md": prompt("inputs: {context: {kind: string}}\npromptctl: {context_template: passages}"),
        "context_templates/passages.md": PASSAGES % items,
    }
    said = [each.partition("documents: ")[2] for each in messages("PC107", files)]
    assert said == found


TYPES = "status: keyword, year: integer, price: numeric, public: bool, updated: timestamptz, area: geo"
FIELDS = f"{{{TYPES}, eq: text}}"


@pytest.mark.parametrize(
    "filters",
    [
        "{status: published}",
        "{status: [published, draft]}",
        "{status: {in: [published]}, year: {gte: 2024, lt: 2027}}",
        "{status: {$nin: [draft]}, year: {$gt: 2000}}",
        "{price: 3}",
        "{price: {lte: 2.5}}",
        "{public: true, updated: {gt: 2026-11-20}}",
        "{updated: 1763596800}",
        "{area: {contains: anything}}",
        "{area: 7}",
        "{$or: [{status: published}, {$not: {year: 2024}}]}",
        "{year: {exists: true}}",
    ],
)
def test_filters_that_an_index_can_apply_are_right(filters: str) -> None:
    assert filter_findings(filters) == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("{statsu: x}", "index_manifests/help.yaml has no field `statsu`"),
        ("{eq: 7}", "the field `eq` is text in the index, and never 7"),
        ("{status: 7}", "the field `status` is text in the index, and never 7"),
        ("{status: [x, true]}", "the field `status` is text in the index, and never true"),
        ("{year: '2024'}", 'the field `year` is a whole number in the index, and never the text "2024"'),
        ("{year: {gt: 2.5}}", "the field `year` is a whole number in the index, and never 2.5"),
        ("{year: true}", "the field `year` is a whole number in the index, and never true"),
        ("{public: 1}", "the field `public` is true or false in the index, and never 1"),
        ("{updated: soon}", 'the field `updated` is a date in the index, and never the text "soon"'),
        ("{year: {exists: 1}}", "`exists` is true or false"),
        ("{year: {between: [1, 2]}}", "there is no operator `between`"),
        ("{year: {in: 2024}}", "`in` compares with a list"),
        ("{year: null}", "a field is compared with one value"),
        ("{year: {gt: [1]}}", "a field is compared with one value"),
        ("{$or: {status: x}}", "`$or` joins a list of filters"),
        ("{$and: [x]}", "a filter is a mapping of fields"),
        ("{$not: {year: x}}", 'the field `year` is a whole number in the index, and never the text "x"'),
        ("{must: [{key: status}]}", "index_manifests/help.yaml has no field `must`"),
    ],
)
def test_a_filter_that_an_index_cannot_apply_is_named(filters: str, found: str) -> None:
    assert filter_findings(filters) == [found]


def test_filters_of_an_index_that_lists_no_fields_are_compared_with_nothing() -> None:
    assert filter_findings("{whatever: 7}", fields="{}") == []
    files = {"rag_configs/help.yaml": "retrieval: {filters: {whatever: 7}}\n"}
    assert messages("PC131", files) == []


def filter_findings(filters: str, fields: str = FIELDS) -> list[str]:
    return messages(
        "PC131",
        {
            "index_manifests/help.yaml": manifest(fields=fields),
            "rag_configs/help.yaml": f"index: help\nretrieval: {{filters: {filters}}}\n",
        },
    )


@pytest.mark.parametrize(
    ("model", "dimensions", "found"),
    [
        ("text-embedding-3-small", 1536, ""),
        ("text-embedding-3-small", 512, ""),
        ("text-embedding-3-small", 3072, "of at most 1,536 dimensions, not 3072"),
        ("text-embedding-ada-002", 512, "of 1536 dimensions, not 512"),
        ("openai/text-embedding-3-large", 3072, ""),
        ("BAAI/bge-m3", 768, "of 1024 dimensions, not 768"),
        ("embed-v4.0", 768, "of 256, 512, 1024 or 1536 dimensions, not 768"),
        ("amazon.titan-embed-text-v2:0", 512, ""),
        ("our-own-model", 7, ""),
    ],
)
def test_dimensions_are_those_of_a_known_model(model: str, dimensions: int, found: str) -> None:
    embedding = f"{{provider: p, model: '{model}', dimensions: {dimensions}}}"
    said = messages("PC132", {"index_manifests/m.yaml": manifest(embedding=embedding)})
    assert said == ([f"{model} makes vectors {found}"] if found else [])


@pytest.mark.parametrize(
    ("model", "chunking", "found"),
    [
        ("all-MiniLM-L6-v2", "chunk_size: 257", 1),
        ("all-MiniLM-L6-v2", "chunk_size: 256", 0),
        ("all-MiniLM-L6-v2", "chunk_size: 1000, unit: characters", 0),
        ("our-own-model", "chunk_size: 100000", 0),
    ],
)
def test_chunks_fit_into_what_a_known_model_reads(model: str, chunking: str, found: int) -> None:
    parts = {
        "embedding": f"{{provider: p, model: {model}, dimensions: 384}}",
        "chunking": f"{{strategy: fixed, {chunking}}}",
    }
    assert len(messages("PC133", {"index_manifests/m.yaml": manifest(**parts)})) == found


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, ""),
        ({"source": '{uri: "s3://other", sha256: "77"}'}, ""),
        ({"vector_store": "{provider: pgvector, collection: shop}", "metric": "dot"}, ""),
        ({"vector_store": "{provider: qdrant, collection: help}", "metric": "dot"}, ""),
        ({"metric": "dot"}, "metric"),
        ({"vector_store": "{provider: PGVector, collection: help}", "metric": "dot"}, "metric"),
        ({"chunking": "{strategy: fixed, chunk_size: 256}"}, "chunking"),
        (
            {
                "embedding": "{provider: openai, model: text-embedding-3-small, dimensions: 512}",
                "metric": "dot",
            },
            "embedding and metric",
        ),
    ],
)
def test_manifests_of_one_collection_agree(changes: dict[str, str], parts: str) -> None:
    files = {"index_manifests/a.yaml": manifest(), "index_manifests/b.yaml": manifest(**changes)}
    said = messages("PC134", files)
    assert len(said) == (2 if parts else 0)
    assert all(each.endswith(f"with a different {parts}") for each in said)


@pytest.mark.parametrize(
    ("model", "budget", "found"),
    [
        ("{id: gpt-4, options: {maxOutputTokens: 4000}}", "4192", 1),
        ("{id: gpt-4, options: {maxOutputTokens: 4000}}", "4191", 0),
        ("{id: gpt-4}", "8192", 1),
        ("{id: gpt-4-turbo-2024-04-09, options: {maxOutputTokens: 128000}}", "100", 1),
        ("{provider: local, id: anything, options: {maxOutputTokens: 2048}}", "100", 1),
        ("{id: our-own-model, options: {maxOutputTokens: 9000000}}", "900000", 0),
    ],
)
def test_retrieved_text_and_answer_fit_into_a_known_window(model: str, budget: str, found: int) -> None:
    files = {
        "prompts/p.md": prompt(f"model: {model}\npromptctl: {{rag_config: help}}"),
        "rag_configs/help.yaml": f"context: {{max_tokens: {budget}}}\n",
    }
    assert len(messages("PC135", files)) == found


@pytest.mark.parametrize(
    ("retrieval", "metric", "found"),
    [
        ("search_type: hybrid, alpha: 0.5", "cosine", 0),
        ("search_type: vector, alpha: 0.5", "cosine", 1),
        ("search_type: keyword, alpha: 0.5", "cosine", 1),
        ("score_threshold: 1.0", "cosine", 0),
        ("score_threshold: 1.01", "cosine", 1),
        ("score_threshold: -1", "cosine", 1),
        ("score_threshold: 25", "dot", 0),
        ("search_type: keyword, score_threshold: 25", "cosine", 0),
    ],
)
def test_settings_of_a_retrieval_have_an_effect(retrieval: str, metric: str, found: int) -> None:
    files = {
        "index_manifests/help.yaml": manifest(metric=metric),
        "rag_configs/help.yaml": f"index: help\nretrieval: {{{retrieval}}}\n",
    }
    assert len(messages("PC136", files)) == found
