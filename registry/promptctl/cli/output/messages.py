"""Messages of a prompt: each under its role, its text behind a bar."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from promptctl.cli.output.layout import verbatim
from promptctl.cli.output.text import safe, say

if TYPE_CHECKING:
    from promptctl.cli.context import Context


def show_messages(context: Context, messages: Iterable[Mapping[str, Any]]) -> None:
    """Print messages: rendered ones (`role`, `content`), templates (`role`, `text`), places of threads."""
    for place, message in enumerate(messages):
        if place:
            say(context)
        if "thread" in message:
            say(context, f"… the messages of {safe(message['thread'])}", bold=True)
            continue
        say(context, safe(str(message["role"])), bold=True)
        text = message.get("content", message.get("text", ""))
        if not isinstance(text, str):
            text = json.dumps(text, ensure_ascii=False, indent=2)
        for line in verbatim(text, context.width):
            say(context, line)
