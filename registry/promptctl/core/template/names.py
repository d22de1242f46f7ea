"""Which inputs a template uses, and where."""

from __future__ import annotations

from dataclasses import dataclass

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
    Variable,
    dotted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Iterator

    from promptctl.core.template.syntax import Body, Expression, Node


@dataclass(frozen=True, slots=True)
class Name:
    """One use of an input. `path` is `user` or `user.address.city`; `name` is its first part.

    `guarded` says that `default` stands behind it, so that it may be missing.
    """

    name: str
    path: str
    line: int
    column: int
    guarded: bool


def names_in(body: Body) -> tuple[Name, ...]:
    """Every use of an input, in the order of the source; loop variables and `loop` are none."""
    return tuple(_in_body(body, frozenset((LOOP,))))


def _in_body(body: Body, bound: frozenset[str]) -> Iterator[Name]:
    for node in body:
        yield from _in_node(node, bound)


def _in_node(node: Node, bound: frozenset[str]) -> Iterator[Name]:
    match node:
        case Output():
            yield from _in_expression(node.expression, bound)
        case If():
            for test, body in node.branches:
                if test:
                    yield from _in_expression(test, bound)
                yield from _in_body(body, bound)
        case For():
            yield from _in_expression(node.items, bound)
            yield from _in_body(node.body, bound | {node.variable})


def _in_expression(expression: Expression, bound: frozenset[str], *, guarded: bool = False) -> Iterator[Name]:
    path = dotted(expression)
    match expression:
        case Variable() | Field() if path:
            name = path.partition(".")[0]
            if name not in bound:
                yield Name(name, path, *expression.place, guarded)
        case Literal() | Variable():
            return
        case Field():
            yield from _in_expression(expression.base, bound)
        case Filter():
            yield from _in_expression(expression.base, bound, guarded=expression.name == "default")
            yield from _in_each(expression.arguments, bound)
        case Comparison():
            yield from _in_each((expression.left, expression.right), bound)
        case Not():
            yield from _in_expression(expression.operand, bound)
        case Both() | Either():
            yield from _in_each(expression.operands, bound)


def _in_each(expressions: tuple[Expression, ...], bound: frozenset[str]) -> Iterator[Name]:
    for expression in expressions:
        yield from _in_expression(expression, bound)
