"""The canonical layout of YAML: indentation, spaces and blank lines; every other character stays as it is.

Works on the scanner's tokens: scalars and comments are copied from the source, so nothing can be lost or
respelled. What it means is not looked at: callers compare what a strict reading says before and after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # the C parser, whatever its module
from ruamel.yaml.tokens import (
    BlockEndToken,
    BlockEntryToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    DocumentEndToken,
    DocumentStartToken,
    FlowEntryToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    KeyToken,
    ScalarToken,
    StreamEndToken,
    ValueToken,
)

_STEP = 2
_OPENING = (FlowMappingStartToken, FlowSequenceStartToken)
_CLOSING = (FlowMappingEndToken, FlowSequenceEndToken)
_BLOCKS = (BlockMappingStartToken, BlockSequenceStartToken)
_DOCUMENT = (DocumentStartToken, DocumentEndToken)


@dataclass(frozen=True, slots=True)
class _Block:
    """A block mapping or list: the column of its entries in the source, and in the layout."""

    old: int
    new: int
    is_list: bool = False
    is_indentless: bool = False


@dataclass(frozen=True, slots=True)
class _Flow:
    """A collection in brackets: the columns of its lines, and of the line that closes it."""

    inside: int
    closing: int


def laid_out(text: str) -> str:
    """Return YAML that a strict reading accepts, with LF line ends and no byte order mark, in its layout.

    Two spaces a level, lists indented below their key; one space after `:`, `-` and `,`, but values that line
    up with the line above or below stay so; nothing inside of brackets; at most one blank line; no spaces at
    the end of lines; one LF at the end. Line breaks, quotes, the order of keys and comments are the author's.
    """
    return _Printer(text, list(_tokens(text))).printed()


def _tokens(text: str) -> Iterator[Any]:
    parser = CParser(text.encode())
    token = parser.get_token()
    while type(token) is not StreamEndToken:
        yield token
        token = parser.get_token()


class _Printer:
    """Writes the tokens in their order, each after the space that belongs before it."""

    def __init__(self, text: str, tokens: Sequence[Any]) -> None:
        self.text = text
        self.tokens = tokens
        self.gaps = _aligned(tokens)
        self.lines: list[str] = []
        self.parts: list[str] = []
        """Those of the line that is being written; `indent` and `width` are its columns."""
        self.indent = self.width = 0
        self.base: int | None = None
        """The column that brackets of this line hang from: that of what comes after its dashes."""
        self.blocks: list[_Block] = []
        self.closed: list[_Block] = []
        self.flows: list[_Flow] = []
        self.is_entry = False
        self.end = 0

    def printed(self) -> str:
        """Return the whole text in its layout."""
        previous: Any = None
        visible = iter([*filter(_is_visible, self.tokens), None])
        following = next(visible)
        for token in self.tokens:
            self.follow(token)
            if token is following:
                following = next(visible)
                self.space(previous, token)
                self.write(token, following)
                previous = token
        return self.finished(previous)

    def follow(self, token: Any) -> None:
        """Know which blocks are open, and which one a token begins an entry of."""
        kind = type(token)
        if kind in _BLOCKS:
            self.push(token.start_mark.column, is_list=kind is BlockSequenceStartToken)
        elif kind is BlockEndToken:
            self.leave_indentless()
            self.closed.append(self.blocks.pop())
        elif kind is KeyToken and not self.flows:
            self.leave_indentless()
            self.is_entry = True
        elif kind is BlockEntryToken:
            if not self.blocks[-1].is_list:
                self.push(self.blocks[-1].old, is_list=True, is_indentless=True)
            self.is_entry = True

    def push(self, old: int, *, is_list: bool, is_indentless: bool = False) -> None:
        new = self.blocks[-1].new + _STEP if self.blocks else 0
        self.blocks.append(_Block(old, new, is_list, is_indentless))

    def leave_indentless(self) -> None:
        """A list in the column of its key ends without a token of its own."""
        if self.blocks[-1].is_indentless:
            self.closed.append(self.blocks.pop())

    def space(self, previous: Any, token: Any) -> None:
        """Write what belongs before a token: spaces, or the line end with comments and a blank line."""
        gap = self.text[self.end : token.start_mark.index]
        if previous is not None and "\n" not in gap:
            self.put(" " * self.spaces(previous, token))
            return
        column = self.column(token)
        trailing, *between = gap.split("\n") if previous is not None else ["", *gap.split("\n")]
        self.comment(trailing)
        if previous is not None:
            self.break_line()
        self.blank(self.comments(between[:-1], token.start_mark.column, column))
        self.begin(column)
        self.base = None

    def column(self, token: Any) -> int:
        """Return the column of a token that begins its line."""
        if self.flows:
            return self.flows[-1].closing if isinstance(token, _CLOSING) else self.flows[-1].inside
        if not self.blocks or isinstance(token, _DOCUMENT):
            return 0
        begins = self.is_entry or type(token) is ValueToken
        return self.blocks[-1].new if begins else self.blocks[-1].new + _STEP

    def spaces(self, previous: Any, token: Any) -> int:
        """Return how many spaces stand between two tokens of a line."""
        if type(previous) is ValueToken:
            return self.gaps.get(id(previous), 1)
        if isinstance(previous, _OPENING) or isinstance(token, (*_CLOSING, FlowEntryToken)):
            return 0
        return 0 if type(token) is ValueToken and type(previous) is ScalarToken else 1

    def comment(self, trailing: str) -> None:
        """Write the comment at the end of a line in the column where it was, if there is room."""
        comment = trailing.strip(" \t")
        if not comment:
            return
        spaces = len(trailing) - len(trailing.lstrip(" \t"))
        if spaces > 1:
            begin = self.text.rfind("\n", 0, self.end) + 1
            before = self.text[begin : self.end]
            spaces += len(before.lstrip(" \t")) - (self.width - self.indent)
        self.put(" " * max(spaces, 1) + comment)

    def comments(self, lines: Sequence[str], old: int, new: int) -> bool:
        """Write the lines between two tokens; `old` and `new` are the columns of what stands below them.

        Return whether the last of them is blank.
        """
        is_blank = False
        for line in lines:
            comment = line.strip(" \t")
            if comment:
                self.blank(is_blank)
                column = len(line) - len(line.lstrip(" \t"))
                self.begin(self.comment_column(column, old, new), comment)
                self.break_line()
            is_blank = not comment
        return is_blank

    def blank(self, is_wanted: bool) -> None:  # noqa: FBT001 - said by the lines before
        """Write one blank line, but not at the top."""
        if is_wanted and self.lines:
            self.lines.append("")

    def comment_column(self, column: int, old: int, new: int) -> int:
        """A comment belongs to what is below it in its column, else to the deepest block that holds it."""
        if self.flows or column == old:
            return new if not self.flows else self.flows[-1].inside
        around = [each for each in (*self.blocks, *self.closed) if each.old <= column]
        return max(around, key=lambda each: each.old).new if around else 0

    def begin(self, indent: int, text: str = "") -> None:
        """Begin a line."""
        self.parts = [" " * indent, text]
        self.indent, self.width = indent, indent + len(text)

    def put(self, text: str) -> None:
        """Go on with the line."""
        self.parts.append(text)
        self.width += len(text)

    def break_line(self) -> None:
        """End the line."""
        self.lines.append("".join(self.parts))
        self.begin(0)

    def write(self, token: Any, following: Any) -> None:
        """Write a token from the source."""
        source = self.text[token.start_mark.index : token.end_mark.index]
        self.end = token.end_mark.index
        if type(token) is not BlockEntryToken and self.base is None:
            self.base = self.width
        if isinstance(token, _OPENING):
            self.open_flow(token, following)
        elif isinstance(token, _CLOSING):
            self.flows.pop()
        if "\n" not in source:
            self.put(source)
        elif token.style in ("|", ">"):
            self.block_scalar(source)
        else:
            self.folded(source, is_escaped=token.style == '"')
        self.is_entry = False
        self.closed = []

    def open_flow(self, token: Any, following: Any) -> None:
        """Later lines begin below the first item or, where the bracket ends its line, two columns in."""
        base = self.base or 0
        hangs = following is not None and following.start_mark.line > token.end_mark.line
        column = self.width
        self.flows.append(_Flow(base + _STEP, base) if hangs else _Flow(column + 1, column))

    def inside(self) -> int:
        """Return the column in which a value goes on below its first line."""
        if self.flows:
            return self.flows[-1].inside
        return self.blocks[-1].new + _STEP if self.blocks else _STEP

    def folded(self, source: str, *, is_escaped: bool) -> None:
        """Write a scalar of several lines, where spaces round line breaks mean nothing."""
        first, *rest = source.split("\n")
        self.put(_stripped(first, is_escaped=is_escaped))
        for line in rest:
            self.break_line()
            words = _stripped(line.lstrip(" \t"), is_escaped=is_escaped)
            self.begin(self.inside() if words else 0, words)

    def block_scalar(self, source: str) -> None:
        """Write literal or folded text: its lines move together, every other space in them is content."""
        header, *content = source.split("\n")
        indicators = header.partition("#")[0]
        block = self.blocks[-1] if self.blocks else _Block(0, 0)
        explicit = next((int(each) for each in indicators if each.isdigit()), 0)
        if explicit:
            old, new = block.old + explicit, block.new + explicit
        else:
            old = next(
                (len(each) - len(each.lstrip(" ")) for each in content if each.strip(" ")), len(source)
            )
            new = block.new + _STEP
        lines = [" " * new + each[old:] if len(each) > old else "" for each in content]
        self.put(header.rstrip(" \t"))
        while len(lines) > 0 and not lines[-1] and "+" not in indicators:
            lines.pop()
        if lines and not lines[-1]:
            lines.pop()  # the line end that the gap before the next token begins with
        self.end -= len(source) - len("\n".join([header, *content[: len(lines)]]))
        for line in lines:
            self.break_line()
            self.begin(0, line)

    def finished(self, last: Any) -> str:
        """Write what stands below the last token, and return the whole."""
        trailing, *between = self.text[self.end :].split("\n")
        if last is None:
            trailing, between = "", [trailing, *between]
        self.comment(trailing)
        if last is not None:
            self.break_line()
        self.comments(between, -1, 0)
        # Literal text that ends with the file has no line end unless the file has one.
        is_open = last is not None and last.end_mark.index == len(self.text) and _is_block_scalar(last)
        return "\n".join(self.lines if is_open and not self.text.endswith("\n") else [*self.lines, ""])


def _is_visible(token: Any) -> bool:
    return token is not None and bool(token.end_mark.index > token.start_mark.index)


def _is_block_scalar(token: Any) -> bool:
    return type(token) is ScalarToken and token.style in ("|", ">")


def _stripped(line: str, *, is_escaped: bool) -> str:
    """Return a line of a quoted scalar without spaces at its end, but for one that is escaped."""
    stripped = line.rstrip(" \t")
    slashes = len(stripped) - len(stripped.rstrip("\\"))
    return line[: len(stripped) + 1] if is_escaped and slashes % 2 else stripped


def _aligned(tokens: Sequence[Any]) -> dict[int, int]:
    """Return the spaces after each `:` whose value lines up with that of the line above or below.

    Where all of a group stand too far right, they move left together.
    """
    gaps: dict[int, int] = {}
    for entries in _mappings(tokens):
        group: list[tuple[Any, Any, Any]] = []
        for before, entry in pairwise([None, *entries, None]):
            if before is None or entry is None or not _lines_up(before, entry):
                gaps |= _gaps(group)
                group = []
            if entry is not None:
                group.append(entry)
    return gaps


def _lines_up(above: tuple[Any, Any, Any], below: tuple[Any, Any, Any]) -> bool:
    return _line(below[2]) == _line(above[2]) + 1 and bool(
        below[2].start_mark.column == above[2].start_mark.column
    )


def _gaps(group: Sequence[tuple[Any, Any, Any]]) -> dict[int, int]:
    widths = [value.start_mark.column - key.end_mark.column - 1 for key, _, value in group]
    least = min(widths, default=1) - 1
    return (
        {id(each[1]): width - least for each, width in zip(group, widths, strict=True)} if group[1:] else {}
    )


def _mappings(tokens: Sequence[Any]) -> Iterator[list[tuple[Any, Any, Any]]]:
    """Yield of every block mapping the entries (key, its colon, value) that stand on one line."""
    open_: list[list[tuple[Any, Any, Any]]] = []
    depth = 0
    for at, token in enumerate(tokens):
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if isinstance(token, _BLOCKS):
            open_.append([])
        elif type(token) is BlockEndToken:
            yield open_.pop()
        elif type(token) is KeyToken and not depth:
            key, colon, value = (*tokens[at + 1 : at + 4], None, None)[:3]
            if type(colon) is ValueToken and _is_visible(value) and _line(value) == _line(key):
                open_[-1].append((key, colon, value))


def _line(token: Any) -> int:
    return int(token.start_mark.line)
