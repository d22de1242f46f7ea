"""Finds what can be rendered together: texts, and outputs that take strings from one object as they are.

Nearly all of any template is such stretches, and one C-level lookup and join for each is what makes rendering
fast (P9). Whether the values are strings is seen by the join itself.
"""

from __future__ import annotations

from promptctl.core.template.syntax import LOOP, Field, Output, Text, Variable

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Iterator

    from promptctl.core.template.syntax import Body, Node

_LONGEST = 16  # nodes: what is joined before it is counted stays small
_ANY = "*"


def stretches(body: Body) -> Iterator[list[Node]]:
    """The nodes in order; texts and neighbouring outputs that read from one holder come together."""
    run: list[Node] = []
    holder = _ANY
    for node in body:
        own = _holder(node)
        if run and (own is None or len(run) == _LONGEST or (own != holder and _ANY not in {own, holder})):
            yield run
            run, holder = [], _ANY
        if own is None:
            yield [node]
            continue
        run.append(node)
        holder = holder if own == _ANY else own
    if run:
        yield run


def interleaved(nodes: list[Node]) -> tuple[list[str], list[str], str]:
    """Texts with room for a value between every two, the names of the values, and the holder's name.

    The holder's name is empty where the values are inputs or loop variables themselves.
    """
    texts, names, holder = [""], [], ""
    for node in nodes:
        if isinstance(node, Text):
            texts[-1] = node.text
        elif isinstance(node, Output) and isinstance(node.expression, Variable | Field):
            names.append(node.expression.name)
            texts += "", ""
            holder = _holder(node) or ""
    return texts, names, holder


def _holder(node: Node) -> str | None:
    if isinstance(node, Text):
        return _ANY
    expression = node.expression if isinstance(node, Output) and not node.fences else None
    if isinstance(expression, Variable):
        return ""
    if (
        isinstance(expression, Field)
        and isinstance(expression.base, Variable)
        and expression.base.name != LOOP
    ):
        return expression.base.name
    return None
