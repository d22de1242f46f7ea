"""The tree of a template. Nodes are made by the parser and never changed.

Plain classes, because a frozen dataclass costs half a millisecond each when a runtime starts. Every
expression knows its `depth`, the height of its tree, so that the parser bounds what later walks recurse into.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from typing import TypeAlias

    Place: TypeAlias = tuple[int, int]  # line and column, from 1
    Expression: TypeAlias = "Literal | Variable | Field | Filter | Not | Both | Either | Comparison"
    Node: TypeAlias = "Text | Output | If | For"
    Body: TypeAlias = tuple[Node, ...]

LOOP = "loop"
LOOP_FIELDS = ("index", "index0", "revindex", "revindex0", "first", "last", "length")


class Literal:
    """A string, number or boolean written in the template."""

    __slots__ = ("depth", "value")

    def __init__(self, value: str | float) -> None:
        self.value: str | float = value
        self.depth: int = 1


class Variable:
    """An input, a loop variable, or `loop`."""

    __slots__ = ("depth", "name", "place")

    def __init__(self, name: str, place: Place) -> None:
        self.name: str = name
        self.place: Place = place
        self.depth: int = 1


class Field:
    """`base.name`, the value of a key of an object."""

    __slots__ = ("base", "depth", "name", "place")

    def __init__(self, base: Expression, name: str, place: Place) -> None:
        self.base: Expression = base
        self.name: str = name
        self.place: Place = place
        self.depth: int = base.depth + 1


class Filter:
    """`base | name(arguments)`."""

    __slots__ = ("arguments", "base", "depth", "name", "place")

    def __init__(self, base: Expression, name: str, arguments: tuple[Expression, ...], place: Place) -> None:
        self.base: Expression = base
        self.name: str = name
        self.arguments: tuple[Expression, ...] = arguments
        self.place: Place = place
        self.depth: int = 1 + max(part.depth for part in (base, *arguments))


class Not:
    """`not operand`."""

    __slots__ = ("depth", "operand")

    def __init__(self, operand: Expression) -> None:
        self.operand: Expression = operand
        self.depth: int = operand.depth + 1


class Both:
    """`a and b and c`, flat."""

    __slots__ = ("depth", "operands")

    def __init__(self, operands: tuple[Expression, ...]) -> None:
        self.operands: tuple[Expression, ...] = operands
        self.depth: int = 1 + max(operand.depth for operand in operands)


class Either:
    """`a or b or c`, flat."""

    __slots__ = ("depth", "operands")

    def __init__(self, operands: tuple[Expression, ...]) -> None:
        self.operands: tuple[Expression, ...] = operands
        self.depth: int = 1 + max(operand.depth for operand in operands)


class Comparison:
    """`left operator right`; comparisons do not chain."""

    __slots__ = ("depth", "left", "operator", "place", "right")

    def __init__(self, left: Expression, operator: str, right: Expression, place: Place) -> None:
        self.left: Expression = left
        self.operator: str = operator
        self.right: Expression = right
        self.place: Place = place
        self.depth: int = 1 + max(left.depth, right.depth)


class Text:
    """What stands outside of tags. Never empty, and never beside another text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: str = text


class Output:
    """`{{ expression }}`; what it prints is escaped against `fences`, which stand around it."""

    __slots__ = ("expression", "fences", "place")

    def __init__(self, expression: Expression, place: Place, fences: tuple[str, ...] = ()) -> None:
        self.expression: Expression = expression
        self.place: Place = place
        self.fences: tuple[str, ...] = fences


class If:
    """The branches of an `if` in order; the test of an `else` is None."""

    __slots__ = ("branches",)

    def __init__(self, branches: tuple[tuple[Expression | None, Body], ...]) -> None:
        self.branches: tuple[tuple[Expression | None, Body], ...] = branches


class For:
    """`{% for variable in items %}body{% endfor %}`."""

    __slots__ = ("body", "items", "place", "variable")

    def __init__(self, variable: str, items: Expression, body: Body, place: Place) -> None:
        self.variable: str = variable
        self.items: Expression = items
        self.body: Body = body
        self.place: Place = place


def dotted(expression: Expression) -> str:
    """The dotted path of a variable and its fields; empty for any other expression."""
    fields: list[str] = []
    while isinstance(expression, Field):
        fields.append(expression.name)
        expression = expression.base
    if not isinstance(expression, Variable):
        return ""
    return ".".join((expression.name, *reversed(fields)))
