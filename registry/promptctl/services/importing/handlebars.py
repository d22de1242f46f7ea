"""Handlebars, as dotprompt runs it, in our template language: exactly, or not at all.

What may be missing prints nothing there, so it has a `default` here; nothing is escaped in either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from promptctl.core.limits import PUBLISH
from promptctl.errors import TemplateError
from promptctl.services.importing.bodies import RESERVED, Tag, input_name
from promptctl.services.importing.handlebars_tokens import Token, tokens

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_LOOP = {"@index": "loop.index0", "@first": "loop.first", "@last": "loop.last"}
_ROLES = {"system": "system", "user": "user", "model": "assistant", "tool": "tool", "assistant": "assistant"}
_COMPUTE = "compute the value in the application and pass it as an input"
_EQUALS = {"ifEquals": "==", "unlessEquals": "!="}


@dataclass(frozen=True, slots=True)
class Role:
    """The place where a message begins."""

    role: str


@dataclass(frozen=True, slots=True)
class History:
    """The place where the conversation so far goes."""


Part = str | Tag | Role | History


@dataclass(frozen=True, slots=True)
class _Value:
    """An expression of ours, what is declared of it, and whether it is always there."""

    source: str
    declared: Mapping[str, Any] = field(default_factory=dict)
    certain: bool = True

    @property
    def test(self) -> str:
        return self.source if self.certain else f"{self.source} | default(false)"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What `this` is: the inputs (no value), an item of a loop, or what `with` names."""

    this: _Value | None = None
    loops: bool = False
    names: Mapping[str, _Value] = field(default_factory=dict)


def translate(
    source: str,
    inputs: Mapping[str, Mapping[str, Any]],
    *,
    first_line: int,
    partial: Callable[[str], str | None],
    say: Callable[[int, str], None],
) -> list[Part]:
    """Return the template's texts and our tags, in order.

    `inputs` are declared by our names; `partial` returns the name that a partial has here, None where there
    is none; `say` is told, with the line, what differs. Raise `TemplateError` for what cannot be translated.
    """
    return _Translator(tokens(source, first_line), inputs, partial, say).whole()


class _Translator:
    def __init__(
        self,
        found: list[Token],
        inputs: Mapping[str, Mapping[str, Any]],
        partial: Callable[[str], str | None],
        say: Callable[[int, str], None],
    ) -> None:
        self._tokens = found
        self._at = 0
        self._inputs = inputs
        self._partial = partial
        self._say = say
        self._frames = [_Frame()]
        self._depth = 0
        self._taken = RESERVED | set(inputs) | {word for each in found for word in each.words}

    def whole(self) -> list[Part]:
        parts = self._until(())
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            raise token.error(f"{token.text!r} closes nothing", "remove it")
        return parts

    def _until(self, kinds: tuple[str, ...]) -> list[Part]:
        """Everything up to a tag of these kinds, which is left in place."""
        parts: list[Part] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.kind in ("close", "else"):
                if token.kind in kinds:
                    return parts
                break
            self._at += 1
            parts += self._part(token)
        return parts

    def _part(self, token: Token) -> list[Part]:
        match token.kind:
            case "text":
                return [token.text]
            case "comment":
                self._say(token.line, "comments were left out")
                return []
            case "output":
                return [self._output(token)]
            case "partial":
                return [self._include(token)]
            case "open" | "inverse":
                return self._block(token)
        raise token.error(f"{token.text!r} cannot be translated", _COMPUTE)

    def _output(self, token: Token) -> Part:
        head, *arguments = token.words or ("",)
        if head == "role":
            return self._role(token, arguments)
        if head == "history" and not arguments:
            self._refuse_nested(token)
            return History()
        if head == "json" and len(arguments) == 1:
            self._say(token.line, "JSON is printed with its keys in order")
            value = self._value(arguments[0], token)
            return Tag(f"{{{{ {value.source} | tojson }}}}")
        if head in ("media", "section", "lookup", "log", "json"):
            hint = "add images and files to the messages in the application" if head == "media" else _COMPUTE
            raise token.error(f"the helper `{head}` cannot be translated", hint)
        if arguments:
            raise token.error(f"there is no helper `{head}`", _COMPUTE)
        value = self._value(head, token)
        filters = ' | join(",")' if value.declared.get("kind") == "array" else ""
        if value.declared.get("kind") == "object":
            self._say(token.line, "an object is printed as JSON")
        absent = "" if value.certain else ' | default("")'
        if filters and absent:
            return Tag(f"{{% if {value.test} %}}{{{{ {value.source}{filters} }}}}{{% endif %}}")
        return Tag(f"{{{{ {value.source}{filters}{absent} }}}}")

    def _role(self, token: Token, arguments: list[str]) -> Role:
        self._refuse_nested(token)
        role = _unquoted(arguments[0]) if len(arguments) == 1 else None
        if role not in _ROLES:
            raise token.error(
                "a role is one of the words system, user, model and tool", 'write {{role "user"}}'
            )
        return Role(_ROLES[role])

    def _refuse_nested(self, token: Token) -> None:
        if self._depth:
            message = "messages cannot begin inside of a block"
            raise token.error(message, "put the block inside of the message")

    def _include(self, token: Token) -> Part:
        name = _unquoted(token.words[0]) or token.words[0] if token.words else ""
        if len(token.words) != 1:
            raise token.error(f"the partial `{name}` is given values", "a partial sees the prompt's inputs")
        if len(self._frames) > 1:
            message = f"the partial `{name}` would see an item of a list"
            raise token.error(message, "write its text out; a partial sees the prompt's inputs alone")
        try:
            ours = self._partial(name)
        except TemplateError as error:
            raise token.error(f"partial `{name}`, line {error.line}: {error.message}", error.hint) from None
        if ours is None:
            raise token.error(f"there is no partial `{name}`", f"put it beside this file: _{name}.prompt")
        return Tag(f'{{% include "{ours}" %}}')

    def _block(self, token: Token) -> list[Part]:
        name, *arguments = token.words or ("",)
        self._depth += 1
        if self._depth > PUBLISH.block_nesting:
            raise token.error(f"blocks are nested more than {PUBLISH.block_nesting} deep", "flatten them")
        if name in ("if", "unless", *_EQUALS):
            parts = self._if(token, name, arguments)
        elif name in ("each", "with") and token.kind == "open":
            parts = (self._each if name == "each" else self._with)(token, arguments)
        else:
            raise token.error(
                f"the block `{name}` cannot be translated", "there are if, unless, each and with"
            )
        self._depth -= 1
        return parts

    def _if(self, token: Token, name: str, arguments: list[str]) -> list[Part]:
        test = self._test(token, name, arguments)
        if token.kind == "inverse":
            test = f"not ({test})"
        parts: list[Part] = [Tag(f"{{% if {test} %}}"), *self._until(("close", "else"))]
        while (middle := self._next(token)).kind == "else":
            _, *chained = middle.words
            if chained:
                if chained[0] not in ("if", "unless", *_EQUALS):
                    raise middle.error(
                        f"`else {chained[0]}` cannot be translated", "write a block of its own"
                    )
                parts.append(Tag(f"{{% elif {self._test(middle, chained[0], chained[1:])} %}}"))
            else:
                parts.append(Tag("{% else %}"))
            parts += self._until(("close", "else") if chained else ("close",))
        self._check_close(middle, name)
        return [*parts, Tag("{% endif %}")]

    def _test(self, token: Token, name: str, arguments: list[str]) -> str:
        if name in _EQUALS:
            if len(arguments) != 2:
                raise token.error(f"`{name}` compares two values")
            left, right = (self._operand(each, token) for each in arguments)
            if _kind(left) != _kind(right):
                self._say(token.line, "values of different kinds cannot be compared here")
            return f"{left.source} {_EQUALS[name]} {right.source}"
        if len(arguments) != 1:
            raise token.error(f"`{name}` takes one value", _COMPUTE)
        value = self._value(arguments[0], token)
        if value.declared.get("kind") == "object":
            self._say(token.line, "an empty object counts as nothing here")
        return f"not {value.test}" if name == "unless" else value.test

    def _each(self, token: Token, arguments: list[str]) -> list[Part]:
        if not arguments or len(arguments) not in (1, 3):
            raise token.error("`each` takes one list", _COMPUTE)
        items = self._value(arguments[0], token)
        if items.declared.get("kind") == "object":
            raise token.error("a loop over an object cannot be translated", "pass a list of objects")
        variable = self._variable(arguments[0])
        item = _Value(variable, items.declared.get("items") or {})
        names = self._parameters(token, arguments, item)
        self._frames.append(_Frame(item, loops=True, names=names))
        body = self._until(("close", "else"))
        self._frames.pop()
        loop: list[Part] = [Tag(f"{{% for {variable} in {items.source} %}}"), *body, Tag("{% endfor %}")]
        return self._with_else(token, "each", items, loop)

    def _with(self, token: Token, arguments: list[str]) -> list[Part]:
        if len(arguments) != 1:
            raise token.error("`with` takes one value", _COMPUTE)
        value = self._value(arguments[0], token)
        if value.source.startswith("loop."):
            raise token.error("`with` takes an object", _COMPUTE)
        self._say(token.line, "an empty object counts as nothing here")
        self._frames.append(_Frame(_Value(value.source, value.declared)))
        body = self._until(("close", "else"))
        self._frames.pop()
        return self._with_else(token, "with", value, body, always=True)

    def _with_else(
        self, token: Token, name: str, value: _Value, body: list[Part], *, always: bool = False
    ) -> list[Part]:
        """The block, in an `if` where it has an `else` or its value may be missing."""
        closer, other = self._next(token), list[Part]()
        if closer.kind == "else":
            if len(closer.words) > 1:
                raise closer.error("this `else` cannot be translated", "write a block of its own")
            other = [Tag("{% else %}"), *self._until(("close",))]
            closer = self._next(token)
        self._check_close(closer, name)
        if not (other or always or not value.certain):
            return body
        return [Tag(f"{{% if {value.test} %}}"), *body, *other, Tag("{% endif %}")]

    def _next(self, opener: Token) -> Token:
        if self._at >= len(self._tokens):
            raise opener.error(f"the block {opener.text} is never closed", f"add {{{{/{opener.words[0]}}}}}")
        self._at += 1
        return self._tokens[self._at - 1]

    def _check_close(self, token: Token, name: str) -> None:
        if token.kind != "close" or token.words != (name,):
            raise token.error(f"{token.text} stands where {{{{/{name}}}}} should")

    def _parameters(self, token: Token, arguments: list[str], item: _Value) -> dict[str, _Value]:
        """Return what `as |item index|` names."""
        if len(arguments) == 1:
            return {}
        given = arguments[2].strip("|").split()
        if arguments[1] != "as" or not arguments[2].startswith("|") or not 1 <= len(given) <= 2:
            raise token.error("`each` takes one list", "write {{#each items as |item|}}")
        return dict(zip(given, (item, _Value("loop.index0", {"kind": "integer"})), strict=False))

    def _variable(self, items: str) -> str:
        """Return a name for the items of a list that no input and no outer loop has."""
        last = re.split(r"[./]", items)[-1]
        stem = input_name(last[:-1] if last.endswith("s") and not last.endswith("ss") else "item")
        taken = self._taken | {each.this.source for each in self._frames if each.this}
        name, number = stem, 2
        while name in taken or name == last:
            name, number = f"{stem}{number}", number + 1
        return name

    def _operand(self, word: str, token: Token) -> _Value:
        text = _unquoted(word)
        if text is not None:
            if "\\" in text or '"' in text or "\n" in text:
                raise token.error("this text cannot be translated", _COMPUTE)
            return _Value(f'"{text}"', {"kind": "string"})
        if _NUMBER.fullmatch(word):
            return _Value(word, {"kind": "float"})
        if word in ("true", "false"):
            return _Value(word, {"kind": "boolean"})
        value = self._value(word, token)
        if not value.certain:
            raise token.error(f"`{word}` may be missing, and is compared", "make it required in input.schema")
        return value

    def _value(self, word: str, token: Token) -> _Value:
        """Return what a path means where it stands."""
        if word in _LOOP:
            if not self._frames[-1].loops:
                raise token.error(f"`{word}` stands outside of `each`")
            return _Value(_LOOP[word], {"kind": "integer" if word == "@index" else "boolean"})
        if word.startswith("@root."):
            return self._path(_Frame(), word.removeprefix("@root."), token)
        if word.startswith("@"):
            hint = "declare it as an input, and give it in the application"
            raise token.error(f"`{word}` is not one of the inputs", hint)
        up = len(self._frames) - 1
        while word.startswith("../"):
            word, up = word.removeprefix("../"), up - 1
        if up < 0:
            raise token.error(f"{token.text} leads above the inputs")
        if up == len(self._frames) - 1:
            for frame in reversed(self._frames):
                head, _, rest = word.partition(".")
                if head in frame.names:
                    return self._fields(frame.names[head], rest, token) if rest else frame.names[head]
        return self._path(self._frames[up], word, token)

    def _path(self, frame: _Frame, word: str, token: Token) -> _Value:
        word = word.removeprefix("./").replace("/", ".")
        if word == "this" or word.startswith("this."):
            word = word.removeprefix("this").removeprefix(".")
        elif word == ".":
            word = ""
        if frame.this is not None:
            return self._fields(frame.this, word, token) if word else frame.this
        head, _, rest = word.partition(".")
        if not _INPUT.fullmatch(head):
            raise token.error(f"{token.text} cannot be translated", _COMPUTE)
        name = input_name(head)
        if name != head:
            self._say(token.line, f"the input {head!r} is called `{name}` here")
        declared = self._inputs.get(name)
        certain = declared is None or bool(declared.get("required")) or "default" in declared
        value = _Value(name, declared or {}, certain)
        return self._fields(value, rest, token) if rest else value

    def _fields(self, value: _Value, rest: str, token: Token) -> _Value:
        for name in rest.split("."):
            if not _NAME.fullmatch(name):
                raise token.error(f"`{name}` cannot be named in a template here", _COMPUTE)
            if value.declared.get("kind") == "array" and name == "length":
                value = _Value(f"{value.source} | length", {"kind": "integer"}, value.certain)
                continue
            declared = (value.declared.get("properties") or {}).get(name) or {}
            certain = value.certain and bool(declared.get("required"))
            value = _Value(f"{value.source}.{name}", declared, certain)
        return value


def _kind(value: _Value) -> str:
    kind = value.declared.get("kind", "string")
    return "number" if kind in ("integer", "float") else str(kind)


def _unquoted(word: str) -> str | None:
    return word[1:-1] if len(word) >= 2 and word[0] in "\"'" and word[-1] == word[0] else None
