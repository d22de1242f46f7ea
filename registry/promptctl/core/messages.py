"""Splits a prompt's body into messages (docs/reference/formats.md, "Messages").

Roles are split before anything is rendered, so a value can never add a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from promptctl.core.limits import PUBLISH
from promptctl.core.template.lexer import NAME, OUTPUT, TAG, TEXT, Piece, Source, pieces
from promptctl.errors import TemplateError

ROLES = ("system", "user", "assistant", "developer", "tool")
# Blanks are taken for good: given back one by one, a long line of them would take quadratic time.
_ROLE = rf"^[ \t]*+#?[ \t]*+(?P<role>{'|'.join(ROLES)})[ \t]*+"
_MARKER = re.compile(
    _ROLE + r"(?P<attributes>\[[^\n]*\][ \t]*+)?:[ \t]*+$",
    re.MULTILINE | re.IGNORECASE | re.ASCII,  # without ASCII, the long s of 'ſystem' would fold to an s
)
_BLANK = re.compile(r"(?:[ \t\n]++|\{#.*?#\})*+", re.DOTALL)
_BLOCKS = {"if": 1, "for": 1, "endif": -1, "endfor": -1}


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `text` is template source; `line` is the line of the body where it begins."""

    role: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Thread:
    """The place where the messages of a thread input go, and its line."""

    input: str
    line: int


Part = Message | Thread


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line that begins a message or stands for a thread: its first offset, and the offset of its end."""

    start: int
    end: int
    role: str = ""
    thread: str = ""


def split(body: str, *, thread_inputs: frozenset[str] = frozenset(), first_line: int = 1) -> tuple[Part, ...]:
    """The messages and threads of a body, in order; without any marker, one system message.

    Markers and threads count only outside of tags, comments and `raw`. Comments may stand where text may not.
    Raises `TemplateError`, with lines counted from `first_line`, for a marker with attributes, a marker or
    thread inside `if` or `for`, a thread that does not stand alone on its line, text before the first marker
    or behind a thread, and for tags that are never closed. Threads inside of partials are not seen here.
    """
    source = Source(body, first_line)
    marks = list(islice(_marks(source, thread_inputs), PUBLISH.messages_per_prompt + 1))
    if len(marks) > PUBLISH.messages_per_prompt:
        message = f"the prompt has more than {PUBLISH.messages_per_prompt:,} messages"
        raise source.error(marks[-1].start, message, "divide it; an example may be text of one message")
    ends = [mark.start for mark in marks[1:]] + [len(body)]
    parts = list(_opening(source, marks))
    for mark, end in zip(marks, ends, strict=True) if marks else ():
        if mark.role:
            parts.append(_message(source, mark, end))
        else:
            parts.append(Thread(mark.thread, source.place(mark.start)[0]))
            _check_blank(
                source, mark.end, end, f"text behind the thread '{mark.thread}' belongs to no message"
            )
    return tuple(parts)


def has_marker(text: str) -> int:
    """The line of the first role marker in the text of a partial, where none may be; 0 if there is none."""
    source = Source(text)
    try:
        for _, marker in _walk(source):
            if marker:
                return source.place(marker.start("role"))[0]
    except TemplateError:
        return 0  # what is wrong is told by whoever parses it
    return 0


def _opening(source: Source, marks: list[_Mark]) -> Iterator[Part]:
    """What stands before the first mark: a system message if the body has no marker at all."""
    body = source.text
    end = marks[0].start if marks else len(body)
    if any(mark.role for mark in marks):
        _check_blank(source, 0, end, "text before the first message belongs to no message")
    elif not marks or _blank_until(body, 0) < end:
        yield Message("system", body[:end].removesuffix("\n"), source.place(0)[0])


def _message(source: Source, mark: _Mark, end: int) -> Message:
    text = source.text[mark.end : end]
    begin = mark.end + len(text) - len(text.lstrip("\n"))
    return Message(mark.role, text.strip("\n"), source.place(min(begin, end))[0])


def _check_blank(source: Source, start: int, end: int, message: str) -> None:
    at = _blank_until(source.text, start)
    if at < end:
        hint = "begin a message with a line like '# user:', or make it a comment: {# … #}"
        raise source.error(at, message, hint)


def _blank_until(text: str, start: int) -> int:
    match = _BLANK.match(text, start)
    return match.end() if match else start


def _marks(source: Source, thread_inputs: frozenset[str]) -> Iterator[_Mark]:
    """Every marker and thread, in order."""
    depth = 0
    for piece, marker in _walk(source):
        if marker:
            yield _marker(source, marker, depth)
            continue
        if name := _thread_used(piece, thread_inputs):
            yield _thread(source, piece, name, depth)
        if piece.kind == TAG:
            depth = max(0, depth + _BLOCKS.get(piece.tokens[0][1], 0))


def _walk(source: Source) -> Iterator[tuple[Piece, re.Match[str] | None]]:
    """Every tag, and every line of text that looks like a marker, in order."""
    markers = _MARKER.finditer(source.text)
    marker = next(markers, None)
    for piece in pieces(source):
        while marker and marker.start("role") < piece.end:
            if piece.kind == TEXT and marker.start("role") >= piece.start:
                yield piece, marker
            marker = next(markers, None)
        if piece.tokens:
            yield piece, None


def _marker(source: Source, match: re.Match[str], depth: int) -> _Mark:
    role = match["role"].lower()
    if match["attributes"]:
        message = f"the role marker '{role}' has attributes"
        raise source.error(match.start("attributes"), message, f"write '# {role}:' alone on its line")
    if depth:
        message = f"the role marker '{role}' stands inside of an if or for"
        hint = "put the block inside of the message; a line that should be text goes between raw tags"
        raise source.error(match.start("role"), message, hint)
    return _Mark(match.start(), match.end(), role=role)


def _thread_used(piece: Piece, thread_inputs: frozenset[str]) -> str:
    """The thread input that a tag names, if any; names of fields and filters are none."""
    before = ""
    for kind, text, _ in piece.tokens:
        if kind == NAME and text in thread_inputs and before not in {".", "|"}:
            return text
        before = text
    return ""


def _thread(source: Source, piece: Piece, name: str, depth: int) -> _Mark:
    text = source.text
    start = text.rfind("\n", 0, piece.start) + 1
    end = text.find("\n", piece.end)
    end = len(text) if end < 0 else end
    alone = not (text[start : piece.start] + text[piece.end : end]).strip(" \t")
    if (
        depth
        or not alone
        or piece.kind != OUTPUT
        or len(piece.tokens) != 2
        or "\n" in text[piece.start : piece.end]
    ):
        message = f"the thread '{name}' stands for messages, not for text"
        hint = f"put {{{{ {name} }}}} alone on a line, outside of if and for"
        raise source.error(piece.start, message, hint)
    return _Mark(start, end, thread=name)
