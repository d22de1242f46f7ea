"""A prompt on its way into a file: its messages as template source, and the inputs that they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from promptctl.core.limits import PUBLISH
from promptctl.errors import TemplateError
from promptctl.services.exporting.body import body_of
from promptctl.services.importing.imported import MENDED, UNREADABLE, UNTRANSLATED, WOULD_RUN
from promptctl.services.importing.reports import Report, Where
from promptctl.services.importing.translating import UntranslatedError, names_of
from promptctl.services.importing.writing import prompt_file

ROLES = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "tool": "tool",
}
"""What tools call those who speak."""

Translate = Callable[[str], str]


@dataclass(slots=True)
class Draft:
    """Messages in order: `{"role", "text"}` with template source, or `{"thread": input}`."""

    messages: list[dict[str, str]] = field(default_factory=list)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    front: dict[str, Any] = field(default_factory=dict)

    @property
    def used(self) -> Mapping[str, str]:
        """Return the inputs that the texts use, and their kinds."""
        return names_of(each["text"] for each in self.messages if "text" in each)

    def file(self) -> bytes:
        """Return the prompt's file."""
        return prompt_file({**self.front, "inputs": self.inputs}, body_of(self.messages))


def message(
    role: Any, text: Any, translate: Translate, report: Report, where: Where
) -> dict[str, str] | None:
    """Return one message, or None and a finding that says why there is none.

    Line ends round the text are no part of it, as in the files of a registry.
    """
    known = ROLES.get(role.lower()) if isinstance(role, str) else None
    if known is None:
        report.error(where, UNREADABLE, f"there is no role {_shown(role)}", f"one of {', '.join(ROLES)}")
        return None
    text = _text(text)
    if text is None:
        hint = "messages here are text: leave images and files to the application"
        report.error(where, UNREADABLE, f"the content of a message of {known} is no text", hint)
        return None
    if "\r" in text:
        report.warning(where, MENDED, "carriage returns in a message became line ends")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    source = translated(text.strip("\n"), translate, report, where)
    return None if source is None else {"role": known, "text": source}


def translated(text: str, translate: Translate, report: Report, where: Where) -> str | None:
    """Return a text as template source, or None and a finding."""
    if len(text) > PUBLISH.file_size_bytes:
        report.error(where, UNREADABLE, f"a text of {len(text):,} characters fits into no file", "split it")
        return None
    try:
        source = translate(text)
        named = names_of([source])
    except (UntranslatedError, TemplateError) as error:
        place = f", line {error.line} of the template" if "\n" in text else ""
        report.error(where, UNTRANSLATED, f"{error.message}{place}", error.hint)
        return None
    if "env" in named and named["env"] == "object":
        hint = "pass the value as an input: a prompt reads no environment"
        report.error(where, WOULD_RUN, "`env` would read the environment of whoever runs it", hint)
        return None
    return source


def _text(content: Any) -> str | None:
    """Return the text of a message: as it is, or of a list of parts that are all text."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence) and content and all(_is_text(each) for each in content):
        return "".join(each if isinstance(each, str) else each["text"] for each in content)
    return None


def _is_text(part: Any) -> bool:
    if isinstance(part, Mapping):
        return part.get("type", "text") == "text" and isinstance(part.get("text"), str)
    return isinstance(part, str)


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
