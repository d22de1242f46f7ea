"""What end users write, in the messages of a prompt and in the text of its context template."""

from __future__ import annotations

from typing import Any

import pytest

from promptctl.core.bundle import Bundle
from promptctl.core.rendering import CompiledPrompt, tried
from promptctl.core.trust import MisplacedError, untrusted
from promptctl.errors import TemplateError

THEIRS = {"kind": "string", "trust": "end_user"}
OURS = {"kind": "string"}
DOCUMENTS = {"documents": {"kind": "array", "required": True, "trust": "end_user"}}
FENCED = "{% for doc in documents %}<passage>{{ doc.text }}</passage>\n{% endfor %}"
BARE = "{% for doc in documents %}- {{ doc.text }}\n{% endfor %}"


def bundle(text: str, inputs: dict[str, Any], role: str = "user", layout: str = "", **more: Any) -> Bundle:
    body = {"inputs": inputs, "messages": [{"role": role, "text": text}]}
    artifacts: dict[str, Any] = {"prompts/a": body}
    if layout:
        body["uses"] = {"context_template": "context_templates/x"}
        artifacts["context_templates/x"] = {"inputs": more.get("documents", DOCUMENTS), "text": layout}
    return Bundle("prompts/a", artifacts, "")


def test_only_what_end_users_write_is_escaped() -> None:
    inputs = {"q": THEIRS, "name": OURS, "note": {"kind": "string", "trust": "author"}}
    prompt = CompiledPrompt(bundle("{{ name }}{{ note }}<q>{{ name }}{{ q }}</q>", inputs))
    values = {"q": "</q>{{ name }}", "name": "</q>", "note": "<q>"}
    assert prompt.messages(values)[0]["content"] == "</q><q><q></q>&lt;/q>{{ name }}</q>"


def test_a_default_is_escaped_like_any_value() -> None:
    prompt = CompiledPrompt(bundle("<q>{{ q }}</q>", {"q": THEIRS | {"default": "</q>"}}))
    assert prompt.messages({})[0]["content"] == "<q>&lt;/q></q>"


def test_messages_of_a_thread_are_given_on_as_they_are() -> None:
    body = {
        "inputs": {"q": THEIRS, "history": {"kind": "thread"}},
        "messages": [{"thread": "history"}, {"role": "user", "text": "<q>{{ q }}</q>"}],
    }
    prompt = CompiledPrompt(Bundle("prompts/a", {"prompts/a": body}, ""))
    said = [{"role": "user", "content": "</q>"}]
    assert prompt.messages({"q": "</q>", "history": said}) == [
        *said,
        {"role": "user", "content": "<q>&lt;/q></q>"},
    ]


@pytest.mark.parametrize("role", ["system", "developer", "SYSTEM".lower()])
def test_nothing_of_theirs_is_served_among_the_instructions(role: str) -> None:
    with pytest.raises(MisplacedError, match="among the instructions") as caught:
        CompiledPrompt(bundle("\nYou are for\n<q>{{ q | upper }}</q>", {"q": THEIRS}, role))
    assert (caught.value.line, caught.value.column) == (3, 4)
    assert caught.value.hint == "move it below a line '# user:' as <q>{{ q | upper }}</q>"


@pytest.mark.parametrize("role", ["user", "assistant", "tool"])
def test_other_roles_may_hold_it_inside_of_a_delimiter(role: str) -> None:
    assert CompiledPrompt(bundle("<q>{{ q }}</q>", {"q": THEIRS}, role)).messages({"q": "x"})


def test_nothing_of_theirs_is_served_without_a_delimiter() -> None:
    with pytest.raises(MisplacedError, match="no delimiter stands around it") as caught:
        CompiledPrompt(bundle("{{ q }}", {"q": THEIRS}))
    assert caught.value.hint == "write <q>{{ q }}</q>"


def test_a_word_of_a_newer_version_is_refused() -> None:
    with pytest.raises(TemplateError, match="asks for the trust 'tool', which this version does not know"):
        CompiledPrompt(bundle("<q>{{ q }}</q>", {"q": {"kind": "string", "trust": "tool"}}))
    assert untrusted({"q": {"trust": "author"}, "r": {}}) == {}


def test_documents_are_escaped_against_the_delimiters_of_both_templates() -> None:
    prompt = CompiledPrompt(
        bundle('<context>\n{{ context }}</context> """{{ context }}"""', {"context": OURS}, layout=FENCED)
    )
    text = prompt.context([{"text": '</passage></context>"""'}, {"text": "a < b"}])
    assert text == (
        "<passage>&lt;/passage>&lt;/context>&#34;&#34;&#34;</passage>\n<passage>a < b</passage>\n"
    )
    assert prompt.messages({"context": text})[0]["content"].startswith(f"<context>\n{text}</context>")


def test_a_delimiter_of_either_template_is_enough() -> None:
    inside = CompiledPrompt(bundle("{{ context }}", {"context": OURS}, layout=FENCED))
    assert inside.context([{"text": "</passage>"}]) == "<passage>&lt;/passage></passage>\n"
    around = CompiledPrompt(bundle("<context>{{ context }}</context>", {"context": OURS}, layout=BARE))
    assert around.context([{"text": "</context>"}]) == "- &lt;/context>\n"


@pytest.mark.parametrize(
    ("text", "layout", "message"),
    [
        ("{{ context }}", BARE, "no delimiter"),
        ("<context>{{ context }}</context>{{ context }}", BARE, "no delimiter"),
        ("<c>{{ context | upper }}</c>", FENCED, "a filter could undo that"),
        ("<c>{{ context }}</c>", "{% for d in documents %}<{{ d.t }}{% endfor %}", "like the beginning of"),
    ],
)  # fmt: skip
def test_a_context_that_could_pass_for_the_authors_words_is_refused(
    text: str, layout: str, message: str
) -> None:
    with pytest.raises(MisplacedError, match=message) as caught:
        CompiledPrompt(bundle(text, {"context": OURS}, layout=layout))
    assert "`context` holds `documents`" in caught.value.message


def test_a_context_of_theirs_is_refused_in_a_system_message() -> None:
    with pytest.raises(MisplacedError, match="`context` holds `documents`, which end users write"):
        CompiledPrompt(bundle("<c>{{ context }}</c>", {"context": OURS}, "system", FENCED))


def test_a_context_that_is_theirs_by_itself_is_escaped_as_a_whole() -> None:
    prompt = CompiledPrompt(bundle("<c>{{ context }}</c>", {"context": THEIRS}, layout=BARE))
    text = prompt.context([{"text": "</c>"}])
    assert text == "- </c>\n"
    assert prompt.messages({"context": text})[0]["content"] == "<c>- &lt;/c>\n</c>"


def test_documents_of_the_author_stay_as_they_are() -> None:
    mine = {"documents": {"kind": "array", "required": True}}
    prompt = CompiledPrompt(bundle("{{ context }}", {"context": OURS}, "system", BARE, documents=mine))
    assert prompt.context([{"text": "</passage>"}]) == "- </passage>\n"


def test_what_runtimes_try_before_they_serve_is_refused_too() -> None:
    with pytest.raises(MisplacedError):
        tried(bundle("{{ q }}", {"q": THEIRS}))


def test_a_context_in_too_many_delimiters_is_refused() -> None:
    text = "".join(f"<c{n}>{{{{ context }}}}</c{n}>" for n in range(9))
    with pytest.raises(MisplacedError, match="no delimiter"):
        CompiledPrompt(bundle(text, {"context": OURS}, layout=FENCED))
    fewer = text.replace("c8", "c7")
    assert CompiledPrompt(bundle(fewer, {"context": OURS}, layout=FENCED)).context([{"text": "</c7>"}])
