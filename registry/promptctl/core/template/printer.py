"""The canonical print of a template: one text for every way to write a tree (docs/reference/formats.md)."""

from __future__ import annotations

from promptctl.core.canonical import number
from promptctl.core.template.expressions import quoted
from promptctl.core.template.lexer import ENDRAW, OPENER
from promptctl.core.template.syntax import (
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
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from promptctl.core.template.syntax import Body, Expression, Node

_EITHER, _BOTH, _NOT, _COMPARISON, _FILTER, _FIELD, _LEAF = range(7)
_BINDING = {
    Either: _EITHER,
    Both: _BOTH,
    Not: _NOT,
    Comparison: _COMPARISON,
    Filter: _FILTER,
    Literal: _FILTER,  # a literal has no fields, so it needs parentheses only before a dot
    Field: _FIELD,
    Variable: _LEAF,
}


def print_template(body: Body) -> str:
    """The canonical text, which parses back to the same tree."""
    return _body(body, tag_follows=False)


def print_expression(expression: Expression) -> str:
    """The canonical text of what stands in a tag."""
    return _loose(expression)


def _body(body: Body, *, tag_follows: bool) -> str:
    last = len(body) - 1
    return "".join(_node(node, tag_follows=at < last or tag_follows) for at, node in enumerate(body))


def _node(node: Node, *, tag_follows: bool) -> str:
    if isinstance(node, Text):
        return _text(node.text, tag_follows=tag_follows)
    if isinstance(node, Output):
        return f"{{{{ {_loose(node.expression)} }}}}"
    if isinstance(node, If):
        return _if(node)
    return _for(node)


def _if(node: If) -> str:
    parts: list[str] = []
    for at, (test, body) in enumerate(node.branches):
        word = "elif" if at else "if"
        parts.append("{% else %}" if test is None else f"{{% {word} {_loose(test)} %}}")
        parts.append(_body(body, tag_follows=True))
    return "".join((*parts, "{% endif %}"))


def _for(node: For) -> str:
    head = f"{{% for {node.variable} in {_loose(node.items)} %}}"
    return head + _body(node.body, tag_follows=True) + "{% endfor %}"


def _text(text: str, *, tag_follows: bool) -> str:
    """Text verbatim, in `raw` if it holds an opener or would form one with the tag behind it.

    A text that holds `{% endraw %}` is cut behind that brace, for two neighbouring raws are one text:
    `{% raw %}{{% endraw %}{% raw %}% endraw %}{% endraw %}` is the text `{% endraw %}`.
    """
    if not OPENER.search(text) and not (tag_follows and text.endswith("{")):
        return text
    cuts = [match.start() + 1 for match in ENDRAW.finditer(text)]
    stretches = zip([0, *cuts], [*cuts, len(text)], strict=True)
    return "".join(f"{{% raw %}}{text[start:end]}{{% endraw %}}" for start, end in stretches)


def _loose(expression: Expression) -> str:
    return _expression(expression, _EITHER)


def _expression(expression: Expression, at_least: int) -> str:
    """The expression, in parentheses if it binds less than its place asks for."""
    text = _bare(expression)
    return text if _BINDING[type(expression)] >= at_least else f"({text})"


def _bare(expression: Expression) -> str:
    match expression:
        case Variable():
            return expression.name
        case Literal():
            return _literal(expression.value)
        case Field():
            return f"{_expression(expression.base, _FIELD)}.{expression.name}"
        case Filter():
            return _filter(expression)
        case Comparison():
            sides = (_expression(expression.left, _FILTER), _expression(expression.right, _FILTER))
            return f" {expression.operator} ".join(sides)
        case Not():
            return f"not {_expression(expression.operand, _NOT)}"
        case Both():
            return " and ".join(_expression(operand, _NOT) for operand in expression.operands)
        case Either():
            return " or ".join(_expression(operand, _BOTH) for operand in expression.operands)


def _filter(expression: Filter) -> str:
    arguments = ", ".join(_loose(argument) for argument in expression.arguments)
    call = f"({arguments})" if arguments else ""
    return f"{_expression(expression.base, _FILTER)} | {expression.name}{call}"


def _literal(value: str | float) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value)
