"""Templates of other tools as templates of ours. What is not translated whole is not translated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from promptctl.core.template import parse
from promptctl.core.template.lexer import END, NAME, OUTPUT, TAG, Source, pieces
from promptctl.core.template.parser import merged
from promptctl.core.template.printer import print_template
from promptctl.core.template.syntax import Field, Output, Text, Variable
from promptctl.errors import TemplateError

if TYPE_CHECKING:
    from promptctl.core.template.syntax import Node

_NOWHERE = (0, 0)
_FSTRING = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|[{}]")
_MUSTACHE = re.compile(r"\{\{\{(?P<raw>[^{}]*)\}\}\}|\{\{(?P<sign>[!#^/>&=]?)(?P<name>.*?)\}\}", re.DOTALL)
_KERNEL = re.compile(r"\{\{(?P<code>(?:\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'|[^{}\"'])*+)\}\}", re.DOTALL)
_KERNEL_TAG_LENGTH = 300
"""Of a text with many openers and no end, no more is looked at for each."""
_KERNEL_TEXT = re.compile(r"(?P<quote>[\"'])(?P<text>.*)(?P=quote)", re.DOTALL)


class UntranslatedError(Exception):
    """A template says what ours cannot say. `line` counts from 1 within the template."""

    def __init__(self, message: str, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def verbatim(text: str) -> str:
    """Return a template of the Jinja family as it is; raise where it says more than ours."""
    try:
        parse(text, partials=None)
    except TemplateError as error:
        raise UntranslatedError(error.message, error.line, error.hint) from None
    return text


def nunjucks(text: str) -> str:
    """Return a template of Nunjucks, whose `dump` is our `tojson`."""
    try:
        return verbatim(renamed_filter(text, "dump", "tojson"))
    except TemplateError as error:
        raise UntranslatedError(error.message, error.line, error.hint) from None


def renamed_filter(text: str, name: str, other: str) -> str:
    """Return a template with one filter under another name; raise `TemplateError` where tags do not end."""
    parts, done = [], 0
    for at in filter_places(text, name):
        parts += [text[done:at], other]
        done = at + len(name)
    return "".join([*parts, text[done:]])


def filter_places(text: str, name: str) -> Iterator[int]:
    """Yield where in a template a filter is named."""
    for piece in pieces(Source(text)):
        if piece.kind in {OUTPUT, TAG}:
            for before, token in zip(piece.tokens, piece.tokens[1:], strict=False):
                if before[1] == "|" and token[0] == NAME and token[1] == name:
                    yield token[2]


def fstring(text: str) -> str:
    """Return a template of Python's `str.format` with plain names."""
    nodes: list[Node] = []
    done = 0
    for match in _FSTRING.finditer(text):
        nodes.append(Text(text[done : match.start()]))
        done = match.end()
        if match["field"] is not None:
            nodes.append(_output(match["field"], text, match.start()))
        elif len(match[0]) == 2:
            nodes.append(Text(match[0][0]))
        else:
            raise _untranslated(
                text, match.start(), f"a single {match[0]!r} stands alone", f"write {match[0] * 2}"
            )
    return _printed([*nodes, Text(text[done:])])


def mustache(text: str) -> str:
    """Return a template of Mustache with variables and comments."""
    nodes: list[Node] = []
    done = 0
    for match in _MUSTACHE.finditer(text, 0, text.rfind("}}") + 2):
        nodes.append(Text(text[done : match.start()]))
        done = match.end()
        sign = match["sign"] or ""
        if sign == "!":
            continue
        if sign not in {"", "&"}:
            hint = "write the section with {% if %} or {% for %} after the import"
            raise _untranslated(text, match.start(), f"`{match[0]}` is a section, partial or delimiter", hint)
        nodes.append(_output((match["raw"] or match["name"] or "").strip(), text, match.start(), dotted=True))
    return _printed([*nodes, Text(text[done:])])


def semantic_kernel(text: str) -> str:
    """Return a template of Semantic Kernel's own language with variables and literal texts."""
    nodes: list[Node] = []
    done = 0
    for match in _kernel_tags(text):
        nodes.append(Text(text[done : match.start()]))
        done = match.end()
        code = match["code"].strip()
        literal = _KERNEL_TEXT.fullmatch(code)
        if code.startswith("$"):
            nodes.append(_output(code[1:], text, match.start()))
        elif literal:
            nodes.append(Text(re.sub(r"\\(.)", r"\1", literal["text"])))
        elif code:
            hint = "call the function in the application, and pass what it returns as an input"
            raise _untranslated(text, match.start(), f"`{match[0]}` calls a function", hint)
        else:
            nodes.append(Text(match[0]))
    return _printed([*nodes, Text(text[done:])])


def names_of(sources: Iterable[str]) -> dict[str, str]:
    """Return the inputs that templates use, in order, with the kind that each is used as."""
    found: dict[str, str] = {}
    for source in sources:
        for name, kind in _names_in(source):
            found[name] = kind if found.get(name, "string") == "string" else found[name]
    return found


@lru_cache(maxsize=1_000)
def _names_in(source: str) -> tuple[tuple[str, str], ...]:
    """Return (name, kind) of every use; asked more than once while a prompt is made."""
    lists = set(_looped(source))
    return tuple(
        (each.name, "object" if "." in each.path else "array" if each.name in lists else "string")
        for each in parse(source).names()
    )


@lru_cache(maxsize=1_000)
def is_input_name(name: str) -> bool:
    """Say whether an input can have this name."""
    try:
        return [each.path for each in parse(f"{{{{ {name} }}}}").names()] == [name] and "." not in name
    except TemplateError:
        return False


def _kernel_tags(text: str) -> Iterator[re.Match[str]]:
    at = text.find("{{")
    while at >= 0:
        match = _KERNEL.match(text, at, at + _KERNEL_TAG_LENGTH)
        if match:
            yield match
        at = text.find("{{", match.end() if match else at + 1)


def _looped(source: str) -> Iterator[str]:
    for piece in pieces(Source(source)):
        words = [each[1] for each in piece.tokens]
        if piece.kind == TAG and words[:1] == ["for"] and len(words) == 5 and piece.tokens[4][0] == END:
            yield words[3]


def _output(path: str, text: str, at: int, *, dotted: bool = False) -> Node:
    name, *fields = path.split(".") if dotted else [path]
    if not is_input_name(name) or not all(each.isidentifier() and each.isascii() for each in fields):
        hint = "inputs have plain names: compute the value in the application"
        raise _untranslated(text, at, f"`{path}` is no plain name", hint)
    expression: Variable | Field = Variable(name, _NOWHERE)
    for each in fields:
        expression = Field(expression, each, _NOWHERE)
    return Output(expression, _NOWHERE)


def _printed(nodes: list[Node]) -> str:
    return print_template(merged(nodes))


def _untranslated(text: str, at: int, message: str, hint: str) -> UntranslatedError:
    return UntranslatedError(message, text.count("\n", 0, at) + 1, hint)
