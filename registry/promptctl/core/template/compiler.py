"""Turns a tree into closures. Rendering is a walk over Python functions that close over what they need.

A scope maps names to plain JSON values. An expression becomes a function of the scope; a node becomes a
function of the scope and the sheet it writes on. Texts and plain variables, most of any template, are taken
together in stretches.
"""

from __future__ import annotations

from operator import itemgetter

from promptctl.core.template.filters import FILTERS, compared, kind, printed
from promptctl.core.template.syntax import (
    LOOP,
    Both,
    Comparison,
    Either,
    Field,
    Filter,
    For,
    If,
    Literal,
    Not,
    Output,
    Text,
    Variable,
    dotted,
)
from promptctl.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, TypeAlias

    from promptctl.core.limits import Limits
    from promptctl.core.template.syntax import Body, Expression, Node, Place

    Scope: TypeAlias = dict[str, Any]
    Value: TypeAlias = Callable[[Scope], Any]
    Step: TypeAlias = Callable[[Scope, "Sheet"], None]

_MISSING = object()
_PIECES_HELD = 4096  # before they are joined and counted
_CHARACTERS_HELD = 4096  # in one computed piece, before it is counted at once
_STRETCH = 16  # nodes taken together, at most: what is joined before it is counted stays small
_ANY = "*"
_LOOP_FIELDS: dict[str, Callable[[int, int], int | bool]] = {
    "index": lambda at, _: at + 1,
    "index0": lambda at, _: at,
    "revindex": lambda at, length: length - at,
    "revindex0": lambda at, length: length - at - 1,
    "first": lambda at, _: at == 0,
    "last": lambda at, length: at == length - 1,
    "length": lambda _, length: length,
}


class Sheet(list[str]):
    """What has been written in one render. It is counted while it grows, never only at the end."""

    limits: Limits
    written: list[str]
    iterations = 0
    size_bytes = 0

    def settle(self) -> None:
        """Join what was appended; refuse when the whole has grown beyond the limit."""
        if self.size_bytes + sum(map(len, self)) > self.limits.rendered_size_bytes:
            raise self._too_large()
        text = "".join(self)
        self.clear()
        try:
            self.size_bytes += len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            raise TemplateError("a value holds half of a surrogate pair, which is no text") from None
        if self.size_bytes > self.limits.rendered_size_bytes:
            raise self._too_large()
        self.written.append(text)

    def _too_large(self) -> TemplateError:
        message = f"the rendered text grows beyond {self.limits.rendered_size_bytes:,} bytes"
        return TemplateError(message, hint="give it less: shorter values, or fewer of them")


def compile_body(body: Body, limits: Limits) -> Callable[[Mapping[str, Any]], str]:
    """The renderer of a template. It may be called from many threads at once."""
    step = _Compiler(limits).body(body)

    def render(inputs: Mapping[str, Any]) -> str:
        sheet = Sheet()
        sheet.limits = limits
        sheet.written = []
        step(dict(inputs), sheet)
        sheet.settle()
        return "".join(sheet.written)

    return render


class _Compiler:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._uses_loop = False

    def body(self, body: Body) -> Step:
        steps = tuple(
            self._stretch(nodes) if len(nodes) > 1 else self._node(nodes[0]) for nodes in _runs(body)
        )
        if len(steps) == 1:
            return steps[0]

        def run(scope: Scope, sheet: Sheet) -> None:
            for step in steps:
                step(scope, sheet)

        return run

    def _stretch(self, nodes: list[Node]) -> Step:
        """Texts and plain outputs at once; any doubt (a missing name, no string) goes the careful way."""
        careful = tuple(self._node(node) for node in nodes)
        texts, names, holder = _interleaved(nodes)
        values_of = itemgetter(*names)
        places: Any = slice(1, None, 2) if len(names) > 1 else 1

        def run(scope: Scope, sheet: Sheet) -> None:
            parts = texts.copy()
            try:
                parts[places] = values_of(scope[holder] if holder else scope)
                text = "".join(parts)
            except (KeyError, TypeError):
                for step in careful:
                    step(scope, sheet)
                return
            sheet.append(text)
            if len(text) > _CHARACTERS_HELD:
                sheet.settle()

        return run

    def _node(self, node: Node) -> Step:
        if isinstance(node, Text):
            return _text(node.text)
        if isinstance(node, Output):
            return self._output(node)
        if isinstance(node, If):
            return self._if(node)
        return self._for(node)

    def _output(self, node: Output) -> Step:
        value, place = self.value(node.expression), node.place
        spelled = dotted(node.expression)

        def run(scope: Scope, sheet: Sheet) -> None:
            found = value(scope)
            if found.__class__ is not str:
                found = _printed(found, spelled, place)
            sheet.append(found)
            if len(found) > _CHARACTERS_HELD:
                sheet.settle()

        return run

    def _if(self, node: If) -> Step:
        always = _text("") if node.branches[-1][0] else self.body(node.branches[-1][1])
        tests = [(self.value(test), self.body(body)) for test, body in node.branches if test]
        if len(tests) == 1:
            return _choice(*tests[0], always)

        def run(scope: Scope, sheet: Sheet) -> None:
            for test, body in tests:
                if test(scope):
                    body(scope, sheet)
                    return
            always(scope, sheet)

        return run

    def _for(self, node: For) -> Step:
        items_of, variable, place, spelled = (
            self.value(node.items),
            node.variable,
            node.place,
            dotted(node.items),
        )
        body, uses_loop = self._loop_body(node.body)

        def run(scope: Scope, sheet: Sheet) -> None:
            items = items_of(scope)
            if not isinstance(items, list | tuple):
                raise _wrong(f"a for needs a list, but {_called(spelled)} is {kind(items)}", place)
            length = len(items)
            _count(sheet, length, place)
            outer = scope.get(variable, _MISSING), scope.get(LOOP, _MISSING)
            for at, item in enumerate(items):
                scope[variable] = item
                if uses_loop:
                    scope[LOOP] = at, length
                body(scope, sheet)
                if len(sheet) > _PIECES_HELD:
                    sheet.settle()
            _restore(scope, variable, outer[0])
            _restore(scope, LOOP, outer[1])

        return run

    def _loop_body(self, body: Body) -> tuple[Step, bool]:
        """The body's step, and whether it, itself, asks for `loop`."""
        around, self._uses_loop = self._uses_loop, False
        step, uses_loop = self.body(body), self._uses_loop
        self._uses_loop = around
        return step, uses_loop

    def value(self, expression: Expression) -> Value:
        """A function that returns the expression's value, or raises `TemplateError`."""
        match expression:
            case Literal():
                literal = expression.value
                return lambda _: literal
            case Variable():
                return _variable(expression)
            case Field():
                return self._field(expression)
            case Filter():
                return self._default(expression) if expression.name == "default" else self._filter(expression)
            case Not():
                operand = self.value(expression.operand)
                return lambda scope: not operand(scope)
            case Both():
                return _both([self.value(operand) for operand in expression.operands])
            case Either():
                return _either([self.value(operand) for operand in expression.operands])
            case Comparison():
                return self._comparison(expression)

    def _field(self, node: Field) -> Value:
        if isinstance(node.base, Variable) and node.base.name == LOOP:
            of, self._uses_loop = _LOOP_FIELDS[node.name], True
            return lambda scope: of(*scope[LOOP])
        base, name = self.value(node.base), node.name

        def field(scope: Scope) -> Any:
            value = base(scope)
            try:
                return value[name]
            except (KeyError, TypeError):
                raise _no_field(node, value) from None

        return field

    def _present(self, expression: Expression) -> Value:
        """Like `value`, but a name or field that is not there gives `_MISSING`: what `default` asks for."""
        if isinstance(expression, Variable):
            name = expression.name
            return lambda scope: scope.get(name, _MISSING)
        if not isinstance(expression, Field) or dotted(expression).startswith(f"{LOOP}."):
            return self.value(expression)
        base, node = self._present(expression.base), expression

        def field(scope: Scope) -> Any:
            value = base(scope)
            if value is None or value is _MISSING:
                return _MISSING
            if not isinstance(value, dict):
                raise _no_field(node, value)
            return value.get(node.name, _MISSING)

        return field

    def _default(self, node: Filter) -> Value:
        value, other = self._present(node.base), self.value(node.arguments[0])

        def default(scope: Scope) -> Any:
            found = value(scope)
            return other(scope) if found is _MISSING else found

        return default

    def _filter(self, node: Filter) -> Value:
        apply, place, size_limit = FILTERS[node.name].apply, node.place, self._limits.rendered_size_bytes
        base = self.value(node.base)
        arguments = [self.value(argument) for argument in node.arguments]

        def filtered(scope: Scope) -> Any:
            value = base(scope)
            given = [argument(scope) for argument in arguments]
            try:
                return apply(size_limit, value, *given)
            except ValueError as error:
                raise _wrong(str(error), place) from None

        return filtered

    def _comparison(self, node: Comparison) -> Value:
        left, right, operator, place = (
            self.value(node.left),
            self.value(node.right),
            node.operator,
            node.place,
        )

        def comparison(scope: Scope) -> bool:
            try:
                return compared(operator, left(scope), right(scope))
            except ValueError as error:
                raise _wrong(str(error), place) from None

        return comparison


def _runs(body: Body) -> Iterator[list[Node]]:
    """The nodes in order; texts and neighbouring outputs that read from one holder come together."""
    run: list[Node] = []
    holder = _ANY
    for node in body:
        own = _holder(node)
        if run and (own is None or len(run) == _STRETCH or (own != holder and _ANY not in {own, holder})):
            yield run
            run, holder = [], _ANY
        if own is None:
            yield [node]
            continue
        run.append(node)
        holder = holder if own == _ANY else own
    if run:
        yield run


def _holder(node: Node) -> str | None:
    """The object an output takes its string from: empty for the scope itself; None if there is more to it."""
    if isinstance(node, Text):
        return _ANY
    expression = node.expression if isinstance(node, Output) else None
    if isinstance(expression, Variable):
        return ""
    if (
        isinstance(expression, Field)
        and isinstance(expression.base, Variable)
        and expression.base.name != LOOP
    ):
        return expression.base.name
    return None


def _interleaved(nodes: list[Node]) -> tuple[list[str], list[str], str]:
    """Texts with room for the values between them, the names of the values, and what holds them."""
    texts, names, holder = [""], [], ""
    for node in nodes:
        if isinstance(node, Text):
            texts[-1] = node.text
        elif isinstance(node, Output) and isinstance(node.expression, Variable | Field):
            names.append(node.expression.name)
            texts += "", ""
            holder = _holder(node) or ""
    return texts, names, holder


def _text(text: str) -> Step:
    if not text:
        return lambda _scope, _sheet: None
    return lambda _, sheet: sheet.append(text)


def _choice(test: Value, body: Step, otherwise: Step) -> Step:
    def run(scope: Scope, sheet: Sheet) -> None:
        if test(scope):
            body(scope, sheet)
        else:
            otherwise(scope, sheet)

    return run


def _variable(node: Variable) -> Value:
    name = node.name

    def variable(scope: Scope) -> Any:
        try:
            return scope[name]
        except KeyError:
            raise _undefined(f"'{name}' is not defined", node.place) from None

    return variable


def _both(operands: list[Value]) -> Value:
    def both(scope: Scope) -> bool:
        return all(operand(scope) for operand in operands)

    return both


def _either(operands: list[Value]) -> Value:
    def either(scope: Scope) -> bool:
        return any(operand(scope) for operand in operands)

    return either


def _restore(scope: Scope, name: str, value: Any) -> None:
    if value is not _MISSING:
        scope[name] = value
    else:
        scope.pop(name, None)


def _count(sheet: Sheet, length: int, place: Place) -> None:
    sheet.iterations += length
    if sheet.iterations > sheet.limits.loop_iterations:
        raise _wrong("the loops run too many times in one render", place, "pass shorter lists")


def _printed(value: object, spelled: str, place: Place) -> str:
    try:
        return printed(value)
    except ValueError as error:
        hint = (
            "null is refused: leave the value out and use default, or test it with if"
            if value is None
            else ""
        )
        raise _wrong(f"{_called(spelled)} cannot be printed: {error}", place, hint) from None


def _called(spelled: str) -> str:
    return f"'{spelled}'" if spelled else "the value"


def _no_field(node: Field, value: object) -> TemplateError:
    if isinstance(value, dict):
        return _undefined(
            f"{_called(dotted(node))} is not defined: the object has no '{node.name}'", node.place
        )
    return _wrong(f"{_called(dotted(node.base))} is {kind(value)} and has no '{node.name}'", node.place)


def _undefined(message: str, place: Place) -> TemplateError:
    return _wrong(message, place, 'give it a value, or write | default("…") behind it')


def _wrong(message: str, place: Place, hint: str = "") -> TemplateError:
    return TemplateError(message, line=place[0], column=place[1], hint=hint)
