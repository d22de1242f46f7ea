"""A prompt's messages as the body of a Markdown file, which divides into the same messages again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from promptctl.core.messages import has_marker
from promptctl.core.template.lexer import TEXT, Source, pieces

_LINE = re.compile(r"^[^\n]*", re.MULTILINE)
_ROLE = re.compile(r"[A-Za-z]+")
_BREAKS = re.compile(r"\A\n+|\n+\Z")


def body_of(messages: Iterable[Mapping[str, str]]) -> str:
    """Return the body. Each message is canonical template source; a thread stands alone on its line."""
    return "\n".join(_part(each) for each in messages)


def literal_markers(text: str) -> tuple[str, ...]:
    """Return the lines of text in template source that would begin a message if they stood in a body."""
    return tuple(line.strip() for _, line in _markers(text))


def _part(message: Mapping[str, str]) -> str:
    if "thread" in message:
        return f"{{{{ {message['thread']} }}}}\n"
    text = _BREAKS.sub(lambda breaks: _raw(breaks[0]), _unmarked(message["text"]))
    return f"# {message['role']}:\n{text}\n" if text else f"# {message['role']}:\n"


def _unmarked(text: str) -> str:
    """Return the source with the role of every literal marker in `raw`, where it begins no message."""
    parts, done = [], 0
    for at, line in _markers(text):
        role = _ROLE.search(line)
        if role:
            parts += [text[done : at + role.start()], _raw(role[0])]
            done = at + role.end()
    return "".join([*parts, text[done:]])


def _markers(text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and line of whatever looks like a marker and begins outside of tags."""
    lines = {each.start(): each[0] for each in _LINE.finditer(text) if has_marker(each[0])}
    if not lines:
        return
    stretches = iter([each for each in pieces(Source(text)) if each.kind == TEXT])
    stretch = next(stretches, None)
    for at, line in lines.items():
        role = at + (len(line) - len(line.lstrip(" \t#")))
        while stretch and stretch.end <= role:
            stretch = next(stretches, None)
        if stretch and stretch.start <= role:
            yield at, line


def _raw(text: str) -> str:
    return f"{{% raw %}}{text}{{% endraw %}}"
