"""promptfoo's configuration (https://www.promptfoo.dev/docs/configuration/reference/).

The prompt is one chat in JSON: promptfoo renders every string in it by itself, so values can neither break
the JSON nor be rendered again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from promptctl.core.options import openai_arguments
from promptctl.model.findings import Finding
from promptctl.services.exporting.exported import (
    NOT_ENFORCED,
    NOT_SAID,
    READ_OTHERWISE,
    Exported,
    Subject,
)
from promptctl.services.exporting.promptfoo_tests import tests_of
from promptctl.services.exporting.yaml_text import yaml_text
from promptctl.services.importing.translating import filter_places, renamed_filter

_SCHEMA = "# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json\n"
PREFIXES = {
    "openai": "openai:chat",
    "anthropic": "anthropic:messages",
    "azure": "azure:chat",
    "ollama": "ollama:chat",
}
"""What stands before the model's id where it is not the provider's name alone."""


def write(subject: Subject) -> Exported:
    """Return the configuration, with the cases of every suite that judges the prompt."""
    tests = tests_of(subject)
    document = {
        "description": subject.described.get("description") or f"Tests {subject.name}",
        "prompts": [{"label": subject.name, "raw": _chat(subject)}],
        "providers": _providers(subject),
        **tests.sections,
    }
    text = yaml_text({key: value for key, value in document.items() if value})
    return Exported(f"{_SCHEMA}{text}".encode(), (*_unsaid(subject), *_otherwise(subject), *tests.findings))


def _chat(subject: Subject) -> str:
    """Return the messages as JSON; what may be inside of them is promptfoo's template language."""
    messages = [
        {"role": each["role"], "content": renamed_filter(each["text"], "tojson", "dump")}
        for each in subject.body["messages"]
        if "text" in each
    ]
    return json.dumps(messages, ensure_ascii=False, indent=2) + "\n"


def _providers(subject: Subject) -> list[Any]:
    model = subject.body.get("model", {})
    if not model:
        return []
    config = openai_arguments(subject.body, [])
    del config["model"], config["messages"]
    provider = model.get("provider", "")
    prefix = PREFIXES.get(provider, provider)
    name = f"{prefix}:{model['id']}" if prefix else model["id"]
    return [{"id": name, "config": config}] if config else [name]


def _unsaid(subject: Subject) -> Iterator[Finding]:
    body = subject.body
    uses = body.get("uses", {})
    named = [value for key, value in uses.items() if key not in {"rag_config", "context_template"}]
    listed = ", ".join(each for value in named for each in ([value] if isinstance(value, str) else value))
    if listed:
        message = f"promptfoo applies none of {listed}: answers are tested without them"
        yield subject.warning(NOT_ENFORCED, message, "assert on what they promise, or run promptctl eval")
    for each in body["messages"]:
        if "thread" in each:
            message = f"the thread `{each['thread']}` has no place in a chat of promptfoo's, and is left out"
            yield subject.warning(NOT_SAID, message, "cases are tested as the first turn")
    model = body.get("model", {})
    if not model:
        hint = "add providers: [openai:chat:gpt-4.1-mini], or yours"
        yield subject.warning(NOT_SAID, "the prompt names no model, and promptfoo needs a provider", hint)
    elif model.get("provider", "") in {"", "local"}:
        message = f"promptfoo knows no provider {model.get('provider') or 'of ' + model['id']!r}"
        yield subject.warning(NOT_SAID, message, "write one of promptfoo's in its place: openai:chat:MODEL")


def _otherwise(subject: Subject) -> Iterator[Finding]:
    texts = [each["text"] for each in subject.body["messages"] if "text" in each]
    if any(True for text in texts for _ in filter_places(text, "tojson")):
        message = "`tojson` sorts keys here, and promptfoo's `dump`, which stands for it, keeps their order"
        yield subject.warning(READ_OTHERWISE, message)
