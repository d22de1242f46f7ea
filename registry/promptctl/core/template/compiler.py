"""Turns a tree into closures. Rendering is a walk over Python functions that close over what they need.

A scope maps names to plain JSON values. An expression becomes a function of the scope; a node becomes a
function of the scope and the sheet it writes on. Texts and plain variables, most of any template, are taken
together in stretches.
"""

from __future__ import annotations

from operator import itemgetter

from promptctl.core.template.filters import FILTERS, compared, kind, printed
from promptctl.core.template.sheet import CHARACTERS_HELD, PIECES_HELD, Sheet
from promptctl.core.template.stretches import interleaved, stretches
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
from promptctl.core.template.work import NODE
from promptctl.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    from promptctl.core.limits import Limits
    from promptctl.core.template.syntax import Body, Expression, Node, Place

    Scope: TypeAlias = dict[str, Any]
    Value: TypeAlias = Callable[[Scope], Any]
    Step: TypeAlias = Callable[[Scope, "Sheet"], None]

_MISSING = object()
_SHEET = "{{}}"  # where a scope has the sheet for expressions that spend work: the name of no variable
_LESS = "give it less: shorter values, or fewer of them; what a loop repeats does most"
_LOOP_FIELDS: dict[str, Callable[[int, int], int | bool]] = {
    "index": lambda at, _: at + 1,
    "index0": lambda at, _: at,
    "revindex": lambda at, length: length - at,
    "revindex0": lambda at, length: length - at - 1,
    "first": lambda at, _: at == 0,
    "last": lambda at, length: at == length - 1,
    "length": lambda _, length: length,
}


def compile_body(body: Body, limits: Limits) -> Callable[[Mapping[str, Any]], str]:
    """The renderer of a template. It may be called from many threads at once."""
    compiler, size_limit = _Compiler(limits), limits.rendered_size_bytes
    step = compiler.body(body)
    spends = compiler.spends

    def render(inputs: Mapping[str, Any]) -> str:
        sheet, scope = Sheet(), dict(inputs)
        if spends:
            scope[_SHEET] = sheet
        step(scope, sheet)
        return sheet.text(size_limit)

    return render


class _Compiler:
    def __init__(self, limits: Limits) -> None:
        self._size_limit = limits.rendered_size_bytes
        self._iteration_limit = limits.loop_iterations
        self._work_limit = limits.work_characters
        self._uses_loop = False
        self._nodes = 0
        self.spends = False

    def body(self, body: Body) -> Step:
        steps = tuple(self._stretch(nodes) for nodes in stretches(body))
        if len(steps) == 1:
            return steps[0]

        def run(scope: Scope, sheet: Sheet) -> None:
            for step in steps:
                step(scope, sheet)

        return run

    def _stretch(self, nodes: list[Node]) -> Step:
        """Texts and plain outputs at once; any doubt (a missing name, no string) goes the careful way."""
        careful = tuple(self._node(node) for node in nodes)
        if len(careful) == 1:
            return careful[0]
        texts, names, holder = interleaved(nodes)
        values_of, size_limit = itemgetter(*names), self._size_limit
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
            if len(text) > CHARACTERS_HELD:
                sheet.settle(size_limit)

        return run

    def _node(self, node: Node) -> Step:
        self._nodes += 1
        if isinstance(node, Text):
            return self._text(node.text)
        if isinstance(node, Output):
            return self._fenced(node) if node.fences else self._output(node)
        if isinstance(node, If):
            return self._if(node)
        return self._for(node)

    def _text(self, text: str) -> Step:
        size_limit = self._size_limit
        if not text:
            return lambda _scope, _sheet: None
        if len(text) <= CHARACTERS_HELD:
            return lambda _, sheet: sheet.append(text)

        def run(_: Scope, sheet: Sheet) -> None:
            sheet.append(text)
            sheet.settle(size_limit)

        return run

    def _output(self, node: Output) -> Step:
        value, place, spelled = self.value(node.expression), node.place, dotted(node.expression)
        size_limit = self._size_limit

        def run(scope: Scope, sheet: Sheet) -> None:
            found = value(scope)
            if found.__class__ is not str:
                found = _printed(found, spelled, place)
            sheet.append(found)
            if len(found) > CHARACTERS_HELD:
                sheet.settle(size_limit)

        return run

    def _fenced(self, node: Output) -> Step:
        from promptctl.core.template.escaping import escaper

        value, place, spelled = self.value(node.expression), node.place, dotted(node.expression)
        escape, size_limit = escaper(node.fences), self._size_limit

        def run(scope: Scope, sheet: Sheet) -> None:
            found = value(scope)
            text = found if found.__class__ is str else _printed(found, spelled, place)
            sheet.append(escape(text) if len(text) <= size_limit else text)  # too large: refused below
            if len(sheet[-1]) > CHARACTERS_HELD:
                sheet.settle(size_limit)

        return run

    def _if(self, node: If) -> Step:
        always = self._text("") if node.branches[-1][0] else self.body(node.branches[-1][1])
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
        items_of, place, spelled = self.value(node.items), node.place, dotted(node.items)
        (body, uses_loop, nodes), variable = self._loop_body(node.body), node.variable
        work = nodes * NODE
        size_limit, iteration_limit, work_limit = self._size_limit, self._iteration_limit, self._work_limit

        def run(scope: Scope, sheet: Sheet) -> None:
            items = items_of(scope)
            if not isinstance(items, list | tuple):
                raise _wrong(f"a for needs a list, but {_called(spelled)} is {kind(items)}", place)
            length = len(items)
            sheet.iterations += length
            sheet.work += length * work
            if sheet.iterations > iteration_limit or sheet.work > work_limit:
                raise _too_much(sheet, iteration_limit, work_limit, place)
            outer = scope.get(variable, _MISSING), scope.get(LOOP, _MISSING)
            for at, item in enumerate(items):
                scope[variable] = item
                if uses_loop:
                    scope[LOOP] = at, length
                body(scope, sheet)
                if len(sheet) > PIECES_HELD:
                    sheet.settle(size_limit)
            _restore(scope, variable, outer[0])
            _restore(scope, LOOP, outer[1])

        return run

    def _loop_body(self, body: Body) -> tuple[Step, bool, int]:
        """The body's step, whether it, itself, asks for `loop`, and its nodes, inner loops left out."""
        around = self._uses_loop, self._nodes
        self._uses_loop, self._nodes = False, 0
        found = self.body(body), self._uses_loop, self._nodes
        self._uses_loop, self._nodes = around
        return found

    def value(self, expression: Expression) -> Value:
        """A function that returns the expression's value, or raises `TemplateError`."""
        self._nodes += 1
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
        rule, place, size_limit = FILTERS[node.name], node.place, self._size_limit
        base, apply, work, work_limit = self.value(node.base), rule.apply, rule.work, self._work_limit
        self.spends = self.spends or work is not None
        arguments = [self.value(argument) for argument in node.arguments]

        def plain(scope: Scope) -> Any:
            value = base(scope)
            try:
                result = apply(size_limit, value)
            except ValueError as error:
                raise _wrong(str(error), place) from None
            if work:
                _spend(scope[_SHEET], work(value, result), work_limit, place)
            return result

        def filtered(scope: Scope) -> Any:
            value = base(scope)
            given = [argument(scope) for argument in arguments]
            try:
                result = apply(size_limit, value, *given)
            except ValueError as error:
                raise _wrong(str(error), place) from None
            if work:
                _spend(scope[_SHEET], work(value, result, *given), work_limit, place)
            return result

        return filtered if arguments else plain

    def _comparison(self, node: Comparison) -> Value:
        left, right, operator, place = (
            self.value(node.left),
            self.value(node.right),
            node.operator,
            node.place,
        )
        work_limit, self.spends = self._work_limit, True

        def comparison(scope: Scope) -> bool:
            try:
                answer, work = compared(operator, left(scope), right(scope))
            except ValueError as error:
                raise _wrong(str(error), place) from None
            if work:
                _spend(scope[_SHEET], work, work_limit, place)
            return answer

        return comparison


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


def _too_much(sheet: Sheet, iteration_limit: int, work_limit: int, place: Place) -> TemplateError:
    if sheet.iterations > iteration_limit:
        message = f"the loops run more than {iteration_limit:,} times in one render"
        return _wrong(message, place, "pass shorter lists")
    return _wrong(f"one render works through more than {work_limit:,} characters", place, _LESS)


def _spend(sheet: Sheet, work: int, limit: int, place: Place) -> None:
    sheet.work += work
    if sheet.work > limit:
        raise _too_much(sheet, sheet.iterations, limit, place)


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
