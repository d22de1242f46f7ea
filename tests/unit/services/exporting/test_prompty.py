from __future__ import annotations

from typing import Any

import pytest
import rfc8785

from promptctl.core.bundle import SCHEMA, digest_of, parse
from promptctl.services.exporting.exported import Exported, Subject
from promptctl.services.exporting.formats import FORMATS


def exported(form: str = "prompty", name: str = "shop/answer", **body: Any) -> Exported:
    """Return a prompt as a file; its one message is `text`."""
    text = body.pop("text", "Hi.")
    about = body.pop("about", {})
    whole = {"messages": [{"role": "user", "text": text}], **body}
    root = f"prompts/{name}"
    content = rfc8785.dumps({"schema": SCHEMA, "root": root, "artifacts": {root: whole}})
    return FORMATS[form].write(Subject(parse(content, digest=digest_of(content)), about))


def test_front_matter_has_behaviour_and_descriptions_in_the_usual_order() -> None:
    made = exported(
        text="Hi {{ x }}.",
        about={"description": "Answers.", "inputs": {"x": {"description": "Who."}}},
        model={"options": {"seed": 0, "temperature": 0.5}, "provider": "openai", "id": "gpt-4.1"},
        inputs={"x": {"default": "there", "kind": "string"}},
        outputs=[{"name": "b", "kind": "string"}, {"name": "a", "kind": "string"}],
    )
    assert made.content.decode() == (
        "---\nname: answer\ndescription: Answers.\n"
        "model:\n  id: gpt-4.1\n  provider: openai\n  options: {temperature: 0.5, seed: 0}\n"
        "inputs:\n  x: {kind: string, description: Who., default: there}\n"
        "outputs:\n  b: {kind: string}\n  a: {kind: string}\n"
        "---\n# user:\nHi {{ x }}.\n"
    )
    assert made.findings == ()


def test_what_prompty_ignores_stays_under_our_key_and_is_said() -> None:
    made = exported(uses={"guardrails": ["guardrails/house"], "rag_config": "rag_configs/city"})
    assert "promptctl: {rag_config: city, guardrails: [house]}\n" in made.content.decode()
    assert [each.code for each in made.findings] == ["PC230"]
    assert "guardrails/house, rag_configs/city" in made.findings[0].message


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("a\nuser:\nb", "a\n{% raw %}user{% endraw %}:\nb"),
        ("  # System :", "  # {% raw %}System{% endraw %} :"),
        ("user[{{ x }}]:", "{% raw %}user{% endraw %}[{{ x }}]:"),
        ("\n\na\n", "{% raw %}\n\n{% endraw %}a{% raw %}\n{% endraw %}"),
        ("{% raw %}{{\nuser:\n{% endraw %}", "{% raw %}{{\nuser:\n{% endraw %}"),
        ("", ""),
    ],
)
def test_text_that_would_begin_a_message_or_be_cut_off_is_kept_in_raw(text: str, body: str) -> None:
    made = exported(text=text, inputs={"x": {"kind": "string"}})
    assert made.content.decode().endswith(f"---\n# user:\n{body}\n" if body else "---\n# user:\n")


def test_what_prompty_reads_differently_is_said_once() -> None:
    made = exported(
        text="{{ list }} {{ list }} {{ flag }} {{ text }} {{ list | join }}{% if flag %}{% endif %}\nuser:\n",
        inputs={"list": {"kind": "array"}, "flag": {"kind": "boolean"}, "text": {"kind": "string"}},
        tools=[{"name": "t", "parameters": {"type": "object"}}],
    )
    assert [each.code for each in made.findings] == ["PC232"] * 4
    said = " ".join(each.message for each in made.findings)
    assert "`{{ flag }}` prints JSON here, and True or False" in said
    assert "`{{ list }}`" in said
    assert "`{{ text }}`" not in said
    assert "parameters of tools" in said
    assert "'user:'" in said


def test_a_thread_stands_alone_between_messages() -> None:
    messages = [{"role": "system", "text": "a"}, {"thread": "history"}, {"role": "user", "text": "b"}]
    made = exported(messages=messages, inputs={"history": {"kind": "thread"}})
    assert made.content.decode().endswith("# system:\na\n\n{{ history }}\n\n# user:\nb\n")
