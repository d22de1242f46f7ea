"""Parses what stands inside of a tag: one recursive descent over its tokens, bounded in depth."""

from __future__ import annotations

import re

from promptctl.core.canonical import string
from promptctl.core.limits import INTEGER_MAX
from promptctl.core.suggest import did_you_mean
from promptctl.core.template.filters import FILTERS
from promptctl.core.template.lexer import BAD, END, LITERALLY, NAME, NUMBER, SIGN, STRING
from promptctl.core.template.syntax import (
    LOOP,
    LOOP_FIELDS,
    Both,
    Comparison,
    Either,
    Field,
    Filter,
    Literal,
    Not,
    Variable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable

    from promptctl.core.template.lexer import Source, Token
    from promptctl.core.template.syntax import Expression, Place
    from promptctl.errors import TemplateError

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPES = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_RESERVED = {
    "none": "a template has no null",
    "null": "a template has no null",
    "None": "a template has no null",
    "True": "write true",
    "False": "write false",
}
_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", *_RESERVED})
_SIGNS = {
    "[": (
        "there is no indexing and there are no list literals",
        "use x.field, x | first, x | last or a for loop",
    ),
    "{": ("there are no object literals", LITERALLY),
    "=": ("'=' is no operator", "compare with '==', give filter arguments by position"),
    "~": ("'~' is no operator", "write the parts one after the other: {{ a }}{{ b }}"),
    "“": ("a string stands in straight quotes", 'write "…"'),
    "”": ("a string stands in straight quotes", 'write "…"'),
    "‘": ("a string stands in straight quotes", 'write "…"'),
    "’": ("a string stands in straight quotes", 'write "…"'),
    '"': ("this string is not closed on its line", 'end it with the same quote; a line break in it is "\\n"'),
    "'": ("this string is not closed on its line", 'end it with the same quote; a line break in it is "\\n"'),
}
_ARITHMETIC = (
    "there is no arithmetic in templates",
    "compute the value in the application and pass it as an input",
)
_ARGUMENTS = ("arguments", "argument")
_FOLLOWERS = {
    "is": ("there are no tests with 'is'", 'for a value that may be missing write x | default("…")'),
    "in": ("there is no 'in'", "compare with '==', or pass a boolean input"),
    "if": ("there is no 'if' inside of an expression", "write {% if a %}…{% else %}…{% endif %}"),
    "(": ("there are no calls", "only filters take arguments: x | join(', ')"),
}


class Reader:
    """The tokens of one tag, read from left to right."""

    def __init__(
        self, source: Source, tokens: list[Token], depth_limit: int, *, in_loop: bool = False
    ) -> None:
        self.source = source
        self._tokens = tokens
        self._at = 0
        self._limit = depth_limit
        self._inside = 0
        self._in_loop = in_loop

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def next(self) -> Token:
        """Take the next token; the last one stays."""
        token = self._tokens[self._at]
        if token[0] != END:
            self._at += 1
        return token

    def take(self, *texts: str) -> bool:
        """Take the next token if it is one of these names or signs."""
        kind, text, _ = self.token
        if kind in {NAME, SIGN} and text in texts:
            self._at += 1
            return True
        return False

    def place(self, token: Token) -> Place:
        """The line and column of a token."""
        return self.source.place(token[2])

    def end(self) -> None:
        """Refuse anything that is left in the tag."""
        if self.token[0] != END:
            raise self.unexpected("the end of the tag")

    def new_variable(self) -> str:
        """The name of a loop variable."""
        kind, text, at = self.token
        if kind != NAME:
            raise self.unexpected("the name of the loop variable")
        if text in _WORDS or text == LOOP:
            raise self.source.error(at, f"'{text}' cannot name a loop variable", "choose another name")
        return self.next()[1]

    def expression(self) -> Expression:
        """`a or b`, and everything that binds tighter."""
        self._inside += 1
        self._check(self._inside)
        found = self._chain(Either, "or", self._and)
        self._inside -= 1
        return found

    def unexpected(self, wanted: str) -> TemplateError:
        """The refusal of the next token, with the advice that fits it."""
        kind, text, at = self.token
        if kind == BAD:
            return self._bad(text, at)
        if kind == NUMBER and text[0] == "-":
            return self.source.error(at, *_ARITHMETIC)
        if text in _FOLLOWERS and kind != STRING:
            return self.source.error(at, *_FOLLOWERS[text])
        found = f"'{text}'" if kind in {END, SIGN, NAME, NUMBER} else "a string"
        return self.source.error(at, f"expected {wanted}, found {found}", LITERALLY)

    def _bad(self, text: str, at: int) -> TemplateError:
        if text in "+-*/%":
            return self.source.error(at, *_ARITHMETIC)
        if text in _SIGNS:
            return self.source.error(at, *_SIGNS[text])
        if text.isdigit() and text.isascii():
            return self.source.error(at, "this is no number", "numbers look like 12, -3, 0.5 or 1e3")
        if not text.isprintable() or _is_invisible(text):
            message = f"the character U+{ord(text):04X} cannot stand in a tag"
            return self.source.error(at, message, "use plain spaces inside of tags")
        if text.isalpha():
            return self.source.error(
                at, f"'{text}' cannot be part of a name", "names hold A-Z, a-z, 0-9 and _"
            )
        return self.source.error(at, f"'{text}' has no meaning in a tag", LITERALLY)

    def _check(self, depth: int) -> None:
        if depth > self._limit:
            message = f"the expression is nested more than {self._limit} deep"
            raise self.source.error(self.token[2], message, "split it over several tags")

    def _chain(self, kind: type[Both | Either], word: str, operand: Callable[[], Expression]) -> Expression:
        """Operands joined by a word: one flat node, whatever the parentheses."""
        found = operand()
        if not (self.token[0] == NAME and self.token[1] == word):
            return found
        operands = [*found.operands] if isinstance(found, kind) else [found]
        while self.take(word):
            more = operand()
            operands.extend(more.operands if isinstance(more, kind) else (more,))
        node = kind(tuple(operands))
        self._check(node.depth)
        return node

    def _and(self) -> Expression:
        return self._chain(Both, "and", self._not)

    def _not(self) -> Expression:
        negations = 0
        while self.take("not"):
            negations += 1
            self._check(negations)
        found = self._comparison()
        for _ in range(negations):
            found = Not(found)
        self._check(found.depth)
        return found

    def _comparison(self) -> Expression:
        left = self._filtered()
        token = self.token
        if token[1] not in _COMPARISONS:
            return left
        self.next()
        node = Comparison(left, token[1], self._filtered(), self.place(token))
        self._check(node.depth)
        if self.token[1] in _COMPARISONS:
            raise self.source.error(self.token[2], "comparisons do not chain", "write a < b and b < c")
        return node

    def _filtered(self) -> Expression:
        found = self._fields()
        while self.take("|"):
            found = self._filter(found)
            self._check(found.depth)
        return found

    def _filter(self, base: Expression) -> Expression:
        token = self.token
        kind, name, at = token
        if kind != NAME:
            raise self.unexpected("the name of a filter")
        if name not in FILTERS:
            raise self.source.error(at, f"there is no filter '{name}'", did_you_mean(name, FILTERS, "known"))
        self.next()
        arguments = self._arguments() if self.take("(") else ()
        rule = FILTERS[name]
        if not rule.at_least <= len(arguments) <= rule.at_most:
            message = f"the filter '{name}' does not take {len(arguments)} {_ARGUMENTS[len(arguments) == 1]}"
            raise self.source.error(at, message, f"write x | {rule.example}")
        return Filter(base, name, arguments, self.place(token))

    def _arguments(self) -> tuple[Expression, ...]:
        arguments: list[Expression] = []
        while not self.take(")"):
            if arguments and not self.take(","):
                raise self.unexpected("',' or ')'")
            arguments.append(self.expression())
        return tuple(arguments)

    def _fields(self) -> Expression:
        start = self.token
        found = self._primary()
        while not isinstance(found, Literal) or start[1] == "(":
            if not self.take("."):
                break
            if self.token[0] != NAME:
                raise self.unexpected("the name of a field")
            token = self.next()
            self._check_loop_field(found, token)
            found = Field(found, token[1], self.place(start))
            self._check(found.depth)
        return found

    def _check_loop_field(self, base: Expression, token: Token) -> None:
        if isinstance(base, Variable) and base.name == LOOP and token[1] not in LOOP_FIELDS:
            hint = did_you_mean(token[1], LOOP_FIELDS, "known")
            raise self.source.error(token[2], f"there is no 'loop.{token[1]}'", hint)

    def _primary(self) -> Expression:
        token = self.token
        kind, text, at = token
        if kind == NAME:
            return self._name()
        if kind == STRING:
            self.next()
            return Literal(self._string(text, at))
        if kind == NUMBER:
            self.next()
            return Literal(self._number(text, at))
        if self.take("("):
            found = self.expression()
            if not self.take(")"):
                raise self.unexpected("')'")
            return found
        raise self.unexpected("a value")

    def _name(self) -> Expression:
        token = self.token
        _, text, at = token
        if text in {"true", "false"}:
            self.next()
            return Literal(text == "true")
        if text in _RESERVED:
            raise self.source.error(at, f"'{text}' is no value here", _RESERVED[text])
        if text in _WORDS:
            raise self.unexpected("a value")
        self.next()
        if text == LOOP:
            self._check_loop(at)
        return Variable(text, self.place(token))

    def _check_loop(self, at: int) -> None:
        if not self._in_loop:
            raise self.source.error(
                at, "'loop' exists only inside of a for", "choose another name for the input"
            )
        if self.token[1] != ".":
            raise self.source.error(
                at, "'loop' is no value by itself", "write loop." + ", loop.".join(LOOP_FIELDS)
            )

    def _number(self, text: str, at: int) -> float:
        value = float(text)
        if abs(value) > INTEGER_MAX:
            raise self.source.error(at, "a number beyond 2^53-1 is not exact", "write it as a string")
        return int(value) if value.is_integer() else value

    def string_token(self, wanted: str) -> str:
        """Take a string."""
        kind, text, at = self.token
        if kind != STRING:
            raise self.unexpected(wanted)
        self.next()
        return self._string(text, at)

    def _string(self, text: str, at: int) -> str:
        for offset, char in enumerate(text):
            if _is_hidden(char):
                message = f"the character U+{ord(char):04X} cannot stand in a tag"
                raise self.source.error(at + offset, message, f"write it as \\u{ord(char):04x}")
        return self._unescaped(text[1:-1], at)

    def _unescaped(self, text: str, at: int) -> str:
        def plain(match: re.Match[str]) -> str:
            code, letter = match.groups()
            if code is None and letter not in _ESCAPES:
                hint = 'strings escape as JSON does: \\n, \\t, \\", \\\\, \\u00e9'
                raise self.source.error(at + 1 + match.start(), f"'\\{letter}' is no escape", hint)
            return chr(int(code, 16)) if code else _ESCAPES[letter]

        if "\\" in text:
            text = (
                _ESCAPE.sub(plain, text).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
            )
            if any("\ud800" <= char <= "\udfff" for char in text):
                raise self.source.error(at, "the string holds half of a surrogate pair", "write both halves")
        return text


def quoted(text: str) -> str:
    """A string literal as the canonical print writes it: JSON, with what may not stand in a tag escaped."""
    return "".join(f"\\u{ord(c):04x}" if _is_hidden(c) else c for c in string(text))


def _is_invisible(char: str) -> bool:
    from promptctl.core.template.lookalikes import INVISIBLE  # only for those who paste one

    return bool(re.match(f"[{INVISIBLE}]", char))


def _is_hidden(char: str) -> bool:
    """Whether it is a control character or white space beyond ASCII: what no reader can see in a tag."""
    return char != " " and (char < " " or "\x7f" <= char <= "\x9f" or char.isspace())
