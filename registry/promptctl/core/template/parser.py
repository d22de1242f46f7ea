"""Builds the tree of a template: blocks, includes and texts. Inside of tags, `expressions` reads."""

from __future__ import annotations

from promptctl.core.limits import PARTIAL_DEPTH
from promptctl.core.suggest import did_you_mean
from promptctl.core.template.expressions import Reader
from promptctl.core.template.lexer import COMMENT, END, LITERALLY, NAME, OUTPUT, TAG, Piece, Source, pieces
from promptctl.core.template.syntax import For, If, Output, Text
from promptctl.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable, Mapping

    from promptctl.core.limits import Limits
    from promptctl.core.template.syntax import Body, Expression, Node

_ELSEWHERE = "compute the value in the application and pass it as an input"
_PARTIALS = 'shared text is a partial: {% include "name" %}'
_REFUSED = {
    "set": _ELSEWHERE,
    "do": _ELSEWHERE,
    "with": _ELSEWHERE,
    "call": _ELSEWHERE,
    "macro": _PARTIALS,
    "import": _PARTIALS,
    "from": _PARTIALS,
    "extends": _PARTIALS,
    "block": _PARTIALS,
    "filter": "write {{ x | upper }}",
    "break": "pass the list as it should be shown",
    "continue": "put what may be left out between {% if x %} and {% endif %}",
    "autoescape": "templates never escape HTML",
    "elsif": "write {% elif x %}",
    "elseif": "write {% elif x %}",
}
_KNOWN = ("if", "elif", "else", "endif", "for", "endfor", "include", "raw")
_CLOSERS = {"elif": "if", "else": "if", "endif": "if", "endfor": "for", "endraw": "raw"}


class Shared:
    """What the parsers of a template and of its partials share: the limits, and what was used of them."""

    def __init__(self, partials: Mapping[str, str] | None, limits: Limits) -> None:
        self.partials = partials
        self.limits = limits
        self.includes: dict[str, None] = {}
        self.open: list[str] = []
        self.tags = 0
        self.included_size = 0


class Parser:
    """One source on its way to a tree."""

    def __init__(self, source: Source, shared: Shared, *, nesting: int = 0, loops: int = 0) -> None:
        self._source = source
        self._shared = shared
        self._nesting = nesting
        self._loops = loops
        self._pieces = pieces(source)
        self._closer: tuple[str, Reader] | None = None

    def template(self) -> Body:
        """The whole source. Raises `TemplateError` at the first thing that is wrong."""
        return self._body({})

    def _body(self, closers: Mapping[str, object]) -> Body:
        """Everything up to one of `closers`, which is left in `_closer`."""
        nodes: list[Node] = []
        for piece in self._pieces:
            if piece.kind == OUTPUT:
                nodes.append(self._output(piece))
            elif piece.kind == TAG:
                reader = self._reader(piece)
                word = self._word(reader)
                if word in closers:
                    self._closer = word, reader
                    return merged(nodes)
                nodes.extend(self._tag(word, piece, reader))
            elif piece.kind != COMMENT:
                nodes.append(Text(piece.text))
        self._closer = None
        return merged(nodes)

    def _reader(self, piece: Piece) -> Reader:
        shared = self._shared
        shared.tags += 1
        if shared.tags > shared.limits.tags_per_template:
            message = f"the template has more than {shared.limits.tags_per_template:,} tags"
            raise self._source.error(piece.start, message, "split it")
        return Reader(self._source, piece.tokens, shared.limits.expression_depth, in_loop=self._loops > 0)

    def _output(self, piece: Piece) -> Node:
        reader = self._reader(piece)
        if reader.token[0] == END:
            raise self._source.error(piece.start, "this tag is empty", f"name an input in it; {LITERALLY}")
        return Output(self._whole(reader), self._source.place(piece.start))

    def _whole(self, reader: Reader) -> Expression:
        expression = reader.expression()
        reader.end()
        return expression

    def _word(self, reader: Reader) -> str:
        if reader.token[0] != NAME:
            raise reader.unexpected("a word like 'if' or 'for'")
        return reader.next()[1]

    def _tag(self, word: str, piece: Piece, reader: Reader) -> Body:
        if word == "if":
            return (self._nested(self._if, piece, reader),)
        if word == "for":
            return (self._nested(self._for, piece, reader),)
        if word == "include":
            return self._include(piece, reader)
        raise self._no_such_tag(word, piece)

    def _no_such_tag(self, word: str, piece: Piece) -> TemplateError:
        if word == "else" and self._loops:
            hint = "write {% if items %}{% for x in items %}…{% endfor %}{% else %}…{% endif %}"
            return self._source.error(piece.start, "this 'else' belongs to no 'if'; a 'for' has none", hint)
        if word in _CLOSERS:
            opener = _CLOSERS[word]
            return self._source.error(piece.start, f"this '{word}' belongs to no '{opener}'", "remove it")
        hint = _REFUSED.get(word) or did_you_mean(word, _KNOWN, "known")
        return self._source.error(piece.start, f"there is no tag '{word}'", hint)

    def _nested(self, block: Callable[[Piece, Reader], Node], piece: Piece, reader: Reader) -> Node:
        limit = self._shared.limits.block_nesting
        if self._nesting >= limit:
            raise self._source.error(piece.start, f"blocks are nested more than {limit} deep", "flatten them")
        self._nesting += 1
        node = block(piece, reader)
        self._nesting -= 1
        return node

    def _if(self, piece: Piece, reader: Reader) -> Node:
        branches: list[tuple[Expression | None, Body]] = []
        test: Expression | None = self._whole(reader)
        closers = dict.fromkeys(("elif", "else", "endif"))
        while True:
            body = self._body(closers)
            branches.append((test, body))
            word, reader = self._closed(piece, "if")
            if word == "endif":
                reader.end()
                return If(tuple(branches))
            if word == "elif":
                test = self._whole(reader)
            else:
                reader.end()
                test, closers = None, {"endif": None}

    def _for(self, piece: Piece, reader: Reader) -> Node:
        variable = reader.new_variable()
        self._check_in(reader)
        place = reader.place(reader.token)
        items = self._whole(reader)
        self._loops += 1
        body = self._body({"endfor": None})
        _, reader = self._closed(piece, "for")
        self._loops -= 1
        reader.end()
        return For(variable, items, body, place)

    def _check_in(self, reader: Reader) -> None:
        if reader.token[1] == ",":
            at = reader.token[2]
            raise self._source.error(
                at, "a for has one variable", "loop over a list of objects: {{ item.key }}"
            )
        if not reader.take("in"):
            raise reader.unexpected("'in'")

    def _closed(self, piece: Piece, opener: str) -> tuple[str, Reader]:
        if self._closer is None:
            raise self._source.error(
                piece.start, f"this '{opener}' has no 'end{opener}'", f"add {{% end{opener} %}}"
            )
        return self._closer

    def _include(self, piece: Piece, reader: Reader) -> Body:
        name = reader.string_token("the partial's name in quotes")
        reader.end()
        text = self._partial(name, piece)
        line, column = self._source.own_place(piece.start)
        shared = self._shared
        shared.includes.setdefault(name)
        shared.open.append(name)
        source = Source(text, include=self._source.place(piece.start))
        try:
            body = Parser(source, shared, nesting=self._nesting, loops=self._loops).template()
        except TemplateError as error:
            message = f"partial '{name}', line {error.line}: {error.message}"
            raise TemplateError(message, line=line, column=column, hint=error.hint) from None
        shared.open.pop()
        return body

    def _partial(self, name: str, piece: Piece) -> str:
        """The text of a partial that may be included here."""
        shared, error, at = self._shared, self._source.error, piece.start
        if shared.partials is None:
            raise error(
                at, "an include cannot be loaded here", "bundles hold templates with their partials inlined"
            )
        if name not in shared.partials:
            hint = did_you_mean(name, shared.partials, "in partials/") or f"write it to partials/{name}.md"
            raise error(at, f"there is no partial '{name}'", hint)
        if name in shared.open:
            raise error(
                at, f"the partial includes itself: {' → '.join([*shared.open, name])}", "break the circle"
            )
        if len(shared.open) >= PARTIAL_DEPTH:
            raise error(at, f"partials are nested more than {PARTIAL_DEPTH} deep", "flatten them")
        text = shared.partials[name]
        shared.included_size += len(text)
        if shared.included_size > shared.limits.bundle_size_bytes:
            raise error(
                at, f"the partials grow beyond {shared.limits.bundle_size_bytes:,} bytes", "include less"
            )
        return text


def merged(nodes: list[Node]) -> Body:
    """The nodes with neighbouring texts made one, and empty ones dropped."""
    found: list[Node] = []
    texts: list[str] = []
    for node in nodes:
        if isinstance(node, Text):
            texts.append(node.text)
            continue
        if text := "".join(texts):
            found.append(Text(text))
        texts.clear()
        found.append(node)
    if text := "".join(texts):
        found.append(Text(text))
    return tuple(found)
