"""What a prompt gives: messages, arguments, typed settings; always the caller's own."""

from __future__ import annotations

import dataclasses

import pytest
from helpers.environments import ADDRESS, NAME, bundle_of, prompt_body

import promptctl

OTHERS = {
    "rag_configs/kb": {
        "index": "index_manifests/help",
        "retrieval": {"top_k": 1, "filters": {"status": "published"}},
    },
    "index_manifests/help": {
        "vector_store": {"provider": "pgvector", "collection": "help"},
        "embedding": {"provider": "openai", "model": "small", "dimensions": 1536},
        "metric": "cosine",
        "chunking": {"strategy": "fixed", "chunk_size": 512},
        "source": {"uri": "s3://x", "sha256": "00"},
    },
    "context_templates/passages": {
        "inputs": {
            "documents": {
                "kind": "array",
                "required": True,
                "items": {"kind": "object", "properties": {"title": {"kind": "string"}}},
            }
        },
        "text": "{% for doc in documents %}* {{ doc.title }}\n{% endfor %}",
    },
}
BODY = prompt_body(
    "{{ context }}",
    inputs={
        "question": {"kind": "string", "required": True},
        "context": {"kind": "string", "required": True},
        "self": {"kind": "string", "default": "me"},
        "history": {"kind": "thread"},
    },
    messages=[
        {"role": "system", "text": "{{ self }}\n{{ context }}"},
        {"thread": "history"},
        {"role": "user", "text": "{{ question }}"},
    ],
    model={"id": "small", "provider": "openai", "options": {"stopSequences": ["END"], "maxOutputTokens": 9}},
    tools=[{"name": "look", "parameters": {"type": "object", "properties": {}}}],
    uses={"rag_config": "rag_configs/kb", "context_template": "context_templates/passages"},
)


@pytest.fixture
def prompt(remote, connect):
    remote.serve({ADDRESS: ("1.0.0", bundle_of(BODY, others=OTHERS))})
    return connect(refresh=None).prompt(NAME)


def test_documents_are_cut_and_laid_out_for_the_context(prompt):
    assert prompt.context([{"title": "A"}, {"title": "B"}]) == "* A\n"


def test_a_thread_stands_between_the_messages(prompt):
    history = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}]
    chat = prompt.render(question="why?", context="C", history=history)
    assert [each["content"] for each in chat.messages] == ["me\nC", "hello", "hi", "why?"]


def test_an_input_may_be_called_self(prompt):
    chat = prompt.render(self="you", question="?", context="")
    assert chat.messages[0]["content"] == "you\n"


def test_openai_gives_the_arguments_of_a_call(prompt):
    arguments = prompt.render(question="?", context="").openai()
    assert set(arguments) == {"model", "messages", "stop", "max_completion_tokens", "tools"}
    assert (arguments["model"], arguments["stop"]) == ("small", ["END"])


def test_what_a_prompt_uses_comes_typed(prompt):
    assert prompt.rag_config.retrieval.top_k == 1
    assert prompt.index_manifest.embedding.dimensions == 1536
    assert prompt.model.options.stopSequences == ("END",)
    assert (prompt.guardrails, prompt.tool_policies, prompt.oversight_policy) == ((), (), None)


def test_what_a_prompt_does_not_use_is_none(remote, connect):
    remote.serve_text("1.0.0", "x")
    plain = connect(refresh=None).prompt(NAME)
    assert (plain.rag_config, plain.index_manifest, plain.model) == (None, None, None)
    with pytest.raises(promptctl.InputError, match="no context template"):
        plain.context([])


def test_answers_are_frozen_and_nobody_corrupts_another(prompt):
    with pytest.raises(dataclasses.FrozenInstanceError):
        prompt.version = "9.9.9"
    values = {"question": "?", "context": "", "history": [{"role": "user", "content": [{"text": "deep"}]}]}
    chat = prompt.render(**values)
    before = chat.openai()
    spoiled = chat.openai()
    spoiled["stop"].append("x")
    spoiled["tools"][0]["function"]["parameters"]["properties"]["x"] = 1
    spoiled["messages"][1]["content"][0]["text"] = "x"
    chat.messages.clear()
    prompt.rag_config.retrieval.filters["x"] = "y"
    assert chat.openai() == before
    assert prompt.render(**values).openai() == before
    assert prompt.rag_config.retrieval.filters == {"status": "published"}


def test_wrong_inputs_are_refused_by_name(prompt):
    with pytest.raises(promptctl.InputError, match="'question' is required"):
        prompt.render(context="")
    with pytest.raises(promptctl.InputError, match="'questoin' is not declared"):
        prompt.render(questoin="?", context="")


def test_what_customers_wrote_stays_out_of_logs(prompt):
    chat = prompt.render(question="secret", context="secret")
    assert repr(chat) == "<Chat of prompts/support-answer 1.0.0: 2 messages>"
    assert "question" not in repr(prompt)


def test_a_document_that_lacks_a_field_is_refused_by_index_and_field(prompt):
    with pytest.raises(promptctl.InputError, match=r"^documents\[0\]: 'doc\.title' is not defined"):
        prompt.context([{"text": "A"}])
