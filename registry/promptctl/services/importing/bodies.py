"""Template source, put together from texts that stay as they are and tags that are meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promptctl.services.importing.writing import marker, protected

_WORDS = ("and", "or", "not", "in", "is", "if", "else", "loop")
_VALUES = ("true", "false", "none", "null", "True", "False", "None")
RESERVED = frozenset((*_WORDS, *_VALUES))
"""What no input can be called."""
_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Tag:
    """Template source that is meant to be read: `{{ name }}`."""

    source: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: texts and tags."""

    role: str
    parts: Sequence[str | Tag]


@dataclass(frozen=True, slots=True)
class Thread:
    """The place where the messages of a thread input go."""

    input: str


def template(parts: Iterable[str | Tag]) -> str:
    """Return the source that renders to the texts as they are, with the tags between them."""
    merged: list[str | Tag] = []
    for each in parts:
        if isinstance(each, str) and merged and isinstance(merged[-1], str):
            merged[-1] += each
        elif each != "":
            merged.append(each)
    source = ""
    for at, part in enumerate(merged):
        if isinstance(part, Tag):
            source += part.source
        elif part.endswith("{") and at + 1 < len(merged):  # with the tag behind it, it would open another
            source += f"{protected(part[:-1])}{{% raw %}}{{{{% endraw %}}"
        else:
            source += protected(part)
    return source


def body(turns: Sequence[Turn | Thread]) -> str:
    """Return a prompt's body. Line ends round the text of a message are not part of it."""
    return "\n".join(
        f"{{{{ {each.input} }}}}\n"
        if isinstance(each, Thread)
        else f"{marker(each.role)}{template(each.parts).strip(chr(10))}\n"
        for each in turns
    )


def input_name(name: str) -> str:
    """Return the nearest name that a template can use."""
    legal = _NO_NAME.sub("_", name).strip("_") or "input"
    if legal[0].isdigit():
        legal = f"_{legal}"
    return f"{legal}_" if legal in RESERVED else legal
