"""Cuts Handlebars into texts and tags, with its white space control done (https://handlebarsjs.com/guide)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from promptctl.core.limits import PUBLISH
from promptctl.errors import TemplateError

_TAG = re.compile(
    r"\{\{(?P<left>~?)"
    r"(?:!--(?P<long>.*?)--|!(?P<short>[^}]*)|\{(?P<triple>[^{}]*)\}|(?P<plain>[^{}!~][^{}]*?))"
    r"(?P<right>~?)\}\}",
    re.DOTALL,
)
_WORD = re.compile(
    r"\s*(?P<word>\"[^\"]*\"|'[^']*'|[^\s\"'=|()]+=(?:\"[^\"]*\"|'[^']*'|[^\s\"'|()]+)|\|[^|]*\||[^\s\"'=|()]+)"
)
_SIGNS = {"#": "open", "^": "inverse", "/": "close", ">": "partial", "&": "output", "*": "decorator"}
_OWN_LINE = frozenset(("open", "inverse", "close", "else", "partial", "comment"))
_LINE_AFTER = re.compile(r"[ \t]*(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Token:
    """A text (`kind` is `text`) or a tag, with its words: quoted texts keep their quotes."""

    kind: str
    text: str
    words: tuple[str, ...] = ()
    line: int = 0
    column: int = 0
    trims: tuple[bool, bool] = (False, False)

    def error(self, message: str, hint: str = "") -> TemplateError:
        """Return what is wrong with this tag."""
        return TemplateError(message, line=self.line, column=self.column, hint=hint)


def tokens(source: str, first_line: int) -> list[Token]:
    """Return texts and tags; a tag alone on its line has taken the line with it, as has `~` white space.

    Raise `TemplateError` for what is no Handlebars, or none that is read here.
    """
    return [each for each in _trimmed(list(_tokens(source, first_line))) if each.kind != "text" or each.text]


def _tokens(source: str, first_line: int) -> Iterator[Token]:
    """Yield texts and tags in turn: every tag has a text on both sides."""
    at = begin = line_begin = tags = 0
    line = first_line
    held = ""
    while (start := source.find("{{", at)) >= 0:
        slashes = start - begin - len(source[begin:start].rstrip("\\"))
        line += source.count("\n", begin, start)
        line_begin = max(line_begin, source.rfind("\n", begin, start) + 1)
        if slashes == 1:  # the braces are text, up to the next ones
            held += source[begin : start - 1] + "{{"
            begin = at = start + 2
            continue
        yield Token("text", held + source[begin : start - 1 if slashes else start])  # of two, one is text
        token = _tag(source, start, line, start - line_begin + 1)
        tags += 1
        if tags > PUBLISH.tags_per_template:
            raise token.error(f"the template has more than {PUBLISH.tags_per_template:,} tags", "split it")
        yield token
        held = ""
        begin = at = start + len(token.text)
        line += token.text.count("\n")
        line_begin = max(line_begin, source.rfind("\n", start, begin) + 1)
    yield Token("text", held + source[begin:])


def _tag(source: str, start: int, line: int, column: int) -> Token:
    match = _TAG.match(source, start)
    if match is None:
        message = "this tag is never closed, or of a kind that is not read"
        raise TemplateError(
            message, line=line, column=column, hint="tags look like {{name}} and {{#if name}}"
        )
    trims = bool(match["left"]), bool(match["right"])
    place = Token("output", match[0], line=line, column=column, trims=trims)
    if match["long"] is not None or match["short"] is not None:
        return replace(place, kind="comment")
    inner = (match["triple"] if match["triple"] is not None else match["plain"]).strip()
    kind = "output"
    if match["triple"] is None and inner[:1] in _SIGNS:
        kind, inner = _SIGNS[inner[0]], inner[1:].strip()
    words = _words(inner, place)
    if kind == "inverse" and not words:
        kind, words = "else", ("else",)
    elif kind == "output" and words[:1] == ("else",):
        kind = "else"
    return replace(place, kind=kind, words=words)


def _words(text: str, place: Token) -> tuple[str, ...]:
    found, at = [], 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            raise place.error(f"{text[at : at + 20]!r} cannot be translated", "compute it in the application")
        found.append(match["word"])
        at = match.end()
    return tuple(found)


def _trimmed(found: list[Token]) -> Iterator[Token]:
    """Yield the tokens with the texts that Handlebars would print."""
    last = len(found) - 1
    alone = [each.kind in _OWN_LINE and _is_alone(found, at, last) for at, each in enumerate(found)]
    for at, each in enumerate(found):
        if each.kind != "text":
            yield each
            continue
        text = each.text
        if at and found[at - 1].trims[1]:
            text = text.lstrip()
        elif at and alone[at - 1]:
            text = _LINE_AFTER.sub("", text, count=1)
        if at < last and found[at + 1].trims[0]:
            text = text.rstrip()
        elif at < last and alone[at + 1]:
            text = text.rstrip(" \t")
        yield replace(each, text=text)


def _is_alone(found: list[Token], at: int, last: int) -> bool:
    """Say whether nothing but blanks stands beside a tag on its line. Tags always have texts round them."""
    before, after = found[at - 1].text, found[at + 1].text
    begins = "\n" in before or at == 1
    ends = "\n" in after or at + 1 == last
    return (
        begins
        and ends
        and not before.rpartition("\n")[2].strip(" \t")
        and not after.partition("\n")[0].strip(" \t")
    )
