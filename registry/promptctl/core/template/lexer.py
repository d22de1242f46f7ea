"""Cuts a template's source into text and tags, and tags into tokens. Nothing else looks for delimiters."""

from __future__ import annotations

import re

from promptctl.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Iterator
    from typing import TypeAlias

    from promptctl.core.template.syntax import Place

    Token: TypeAlias = tuple[str, str, int]  # kind, text, offset

TEXT, RAW, COMMENT, OUTPUT, TAG = "text", "raw", "comment", "output", "tag"
NAME, NUMBER, STRING, SIGN, BAD, END = "name", "number", "string", "sign", "bad", "end"

OPENER = re.compile(r"\{[{%#]")
ENDRAW = re.compile(r"\{%[ \t\n]*endraw[ \t\n]*%\}")
_TOKEN = re.compile(
    r"(?P<space>[ \t\n]+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![A-Za-z0-9_]))"
    r"|(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<close>[-+]?(?:%\}|\}\}))"
    r"|(?P<open>\{[{%#])"
    r"|(?P<sign>==|!=|<=|>=|[<>|.,()])"
    r"|(?P<bad>[0-9]++|.)",
    re.DOTALL,
)
_BORDER = re.compile(r"(?P<close>[-+]?(?:%\}|\}\}))|\{[{%#]")
_QUOTES = ("'", '"')
_CLOSERS = {"{{": "}}", "{%": "%}"}
LITERALLY = "braces that should be text go between {% raw %} and {% endraw %}"
_NO_TRIMMING = "templates never trim white space: drop the sign, and lay the text out as it should read"


class Source:
    """A template's text, and where its offsets are."""

    __slots__ = ("_line", "_offset", "include", "text")

    def __init__(self, text: str, first_line: int = 1, include: Place | None = None) -> None:
        self.text: str = text
        self.include: Place | None = include
        self._line = first_line
        self._offset = 0

    def place(self, offset: int) -> Place:
        """Where the author of the including file looks: inside a partial, the place of its include."""
        return self.include or self.own_place(offset)

    def own_place(self, offset: int) -> Place:
        """Line and column of an offset. Asked mostly in rising order, it counts each line once."""
        self._line += self.text.count("\n", self._offset, offset)
        self._line -= self.text.count("\n", offset, self._offset)
        self._offset = offset
        return self._line, offset - self.text.rfind("\n", 0, offset)

    def error(self, offset: int, message: str, hint: str = "") -> TemplateError:
        """The refusal of what stands at `offset`."""
        line, column = self.own_place(offset)
        return TemplateError(message, line=line, column=column, hint=hint)


class Piece:
    """A stretch of source: text, raw text, a comment, or a tag with its tokens."""

    __slots__ = ("end", "kind", "start", "text", "tokens")

    def __init__(
        self, kind: str, start: int, end: int, text: str = "", tokens: list[Token] | None = None
    ) -> None:
        self.kind: str = kind
        self.start: int = start
        self.end: int = end
        self.text: str = text
        self.tokens: list[Token] = tokens or []


def pieces(source: Source) -> Iterator[Piece]:
    """Yield the pieces in order. Raises `TemplateError` at the opener of what is never closed."""
    text = source.text
    at = 0
    while match := OPENER.search(text, at):
        start, opener = match.start(), match.group()
        if start > at:
            yield Piece(TEXT, at, start, text[at:start])
        if opener == "{#":
            at = _comment_end(source, start)
            yield Piece(COMMENT, start, at)
            continue
        tokens, at = _tag(source, start, opener)
        if opener == "{%" and tokens[0][1] == "raw":
            raw, at = _raw(source, start, tokens, at)
            yield raw
        else:
            yield Piece(OUTPUT if opener == "{{" else TAG, start, at, tokens=tokens)
    if at < len(text):
        yield Piece(TEXT, at, len(text), text[at:])


def _tag(source: Source, start: int, opener: str) -> tuple[list[Token], int]:
    """The tokens of the tag at `start`, with a last one at its closer, and the offset behind it."""
    if source.text[start + 2 : start + 3] in {"-", "+"}:
        sign = source.text[start : start + 3]
        raise source.error(start, f"'{sign}' would change the white space outside of the tag", _NO_TRIMMING)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(source.text, start + 2):
        kind, text, at = match.lastgroup or BAD, match.group(), match.start()
        if kind == "close":
            _check_closer(source, opener, text, at)
            tokens.append((END, text, at))
            return tokens, match.end()
        if kind == "open":
            break
        if kind != "space":
            tokens.append((kind, text, at))
        if kind == BAD and text in _QUOTES:
            # What follows is refused anyway; looking for the end of every such string would be quadratic.
            border = _BORDER.search(source.text, match.end())
            if border and border["close"]:
                _check_closer(source, opener, border["close"], border.start())
                tokens.append((END, border["close"], border.start()))
                return tokens, border.end()
            break
    raise source.error(
        start, f"this '{opener}' is never closed", f"close it with '{_CLOSERS[opener]}'; {LITERALLY}"
    )


def _check_closer(source: Source, opener: str, closer: str, at: int) -> None:
    if closer[0] in "-+":
        raise source.error(at, f"'{closer}' would change the white space outside of the tag", _NO_TRIMMING)
    if closer != _CLOSERS[opener]:
        raise source.error(at, f"'{opener}' is closed by '{closer}'", f"close it with '{_CLOSERS[opener]}'")


def _comment_end(source: Source, start: int) -> int:
    end = source.text.find("#}", start + 2)
    if end < 0:
        raise source.error(start, "this '{#' is never closed", f"close it with '#}}'; {LITERALLY}")
    if source.text[start + 2] in "-+" or source.text[end - 1] in "-+":
        raise source.error(start, "a '-' or '+' beside a comment's '#' would trim white space", _NO_TRIMMING)
    return end + 2


def _raw(source: Source, start: int, tokens: list[Token], at: int) -> tuple[Piece, int]:
    if tokens[1][0] != END:
        raise source.error(tokens[1][2], "'raw' stands alone", "write {% raw %}")
    match = ENDRAW.search(source.text, at)
    if match is None:
        raise source.error(start, "this 'raw' is never ended", "end it with {% endraw %}, in plain spaces")
    return Piece(RAW, at, match.start(), source.text[at : match.start()]), match.end()
