"""Where a template prints values that are not the author's, and which delimiters stand around each place.

A delimiter is a pair of tags `<name>…</name>`, of runs of three or more backticks, or of runs of three or
more `"`. Both ends stand on one level of the template's blocks, so they are there whenever the value is.
"""

from __future__ import annotations

import re

from promptctl.core.limits import FENCE_SETS, FENCES_AROUND
from promptctl.core.template.escaping import BACKTICK_FENCE, QUOTE_FENCE
from promptctl.core.template.printer import print_expression
from promptctl.core.template.syntax import Field, Filter, For, If, Output, Text, Variable

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Iterator, Mapping
    from typing import Any, TypeAlias

    from promptctl.core.template.syntax import Body, Expression, Node

    Shape: TypeAlias = Mapping[str, Any]  # a declaration as in a bundle
    Scope: TypeAlias = Mapping[str, "Origin"]
    Region: TypeAlias = tuple[str, int, int]  # the fence, the offsets behind its beginning and before its end

_TAG = r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9_.-]{0,39})(?P<attributes>(?:[ \t\n/][^<>]*)?)>"
_DELIMITER = re.compile(_TAG + r'|(?P<run>`{3,}|"{3,})')
_OPEN_ENDED = re.compile(r"<[\s/]*[A-Za-z0-9_.-]*\Z", re.ASCII)
_NO_TEXT = re.compile(r"[\s/]*\Z", re.ASCII)
_STAND_IN = "\ufffc"
_HARMLESS_KINDS = frozenset({"integer", "float", "boolean"})


class Origin:
    """The input that a value comes from, and the shape that is declared for it."""

    __slots__ = ("name", "shape")

    def __init__(self, name: str, shape: Shape) -> None:
        self.name: str = name
        self.shape: Shape = shape


class Use:
    """One place where a value of an untrusted input is printed: as `spelled`, inside of `fences`.

    `label` is a name for what is printed. `is_whole` says that it is printed as it is, without filters;
    `is_open` that the text before it ends like the beginning of a tag, which the value could go on with.
    """

    __slots__ = ("column", "fences", "is_open", "is_whole", "label", "line", "name", "spelled")

    def __init__(self, origin: Origin, output: Output, fences: tuple[str, ...], *, is_open: bool) -> None:
        self.name: str = origin.name
        self.line: int = output.place[0]
        self.column: int = output.place[1]
        self.fences: tuple[str, ...] = fences
        self.spelled: str = print_expression(output.expression)
        self.label: str = _label(output.expression) or origin.name
        self.is_whole: bool = isinstance(output.expression, Variable)
        self.is_open: bool = is_open


def fenced(
    body: Body, untrusted: Mapping[str, Shape], outer: tuple[str, ...] = ()
) -> tuple[Body, tuple[Use, ...]]:
    """The body, with each output of an untrusted input knowing its fences, and these outputs in order.

    `outer` are fences that stand around the whole text. What can only be a number, true, false or one of the
    author's own words is no such output.
    """
    walk = _Walk(body, outer)
    scope = {name: Origin(name, shape) for name, shape in untrusted.items()}
    found, _ = walk.body(body, scope, (), is_open=False)
    return found, tuple(walk.uses)


class _Walk:
    def __init__(self, body: Body, outer: tuple[str, ...]) -> None:
        self.uses: list[Use] = []
        self._outer = outer
        self._sets: set[tuple[str, ...]] = set()
        self._unsure = frozenset(_unsure(body))

    def body(self, body: Body, scope: Scope, around: tuple[str, ...], *, is_open: bool) -> tuple[Body, bool]:
        """The nodes with their fences, and `is_open` (`Use`) of their end; it is given for what is before."""
        nodes: list[Node] = []
        for node, own in zip(body, _around(body), strict=True):
            inside = (*around, *own) if own else around
            if isinstance(node, Text):
                is_open = _is_open_behind(node, is_open=is_open)
                nodes.append(node)
            elif isinstance(node, Output):
                nodes.append(self._output(node, scope, inside, is_open=is_open))
            elif isinstance(node, If):
                branches, is_open = self._if(node, scope, inside, is_open=is_open)
                nodes.append(branches)
            else:
                loop, is_open = self._for(node, scope, inside, is_open=is_open)
                nodes.append(loop)
        return tuple(nodes), is_open

    def _output(self, node: Output, scope: Scope, around: tuple[str, ...], *, is_open: bool) -> Output:
        origin = _origin(node.expression, scope)
        if origin is None or _is_harmless(origin.shape):
            return node
        fences = self._counted(self._sure(around, is_open=is_open))
        self.uses.append(Use(origin, node, fences, is_open=is_open))
        return Output(node.expression, node.place, tuple(sorted({*fences, *self._outer})))

    def _sure(self, around: tuple[str, ...], *, is_open: bool) -> tuple[str, ...]:
        """The fences that stand there whatever the inputs, each once."""
        if len(around) > FENCES_AROUND**2:
            return around  # far too many, and not worth a look
        # A run of signs inside of a run of the same signs is the end of it.
        own = {each for each in around if (not is_open if _is_tag(each) else around.count(each) == 1)}
        return tuple(sorted(own - self._unsure))

    def _counted(self, fences: tuple[str, ...]) -> tuple[str, ...]:
        """None of them where there are too many: for each set of them a pattern is compiled."""
        if fences in self._sets or (len(fences) <= FENCES_AROUND and len(self._sets) < FENCE_SETS):
            self._sets.add(fences)
            return fences
        return ()

    def _if(self, node: If, scope: Scope, around: tuple[str, ...], *, is_open: bool) -> tuple[If, bool]:
        branches, ends = [], [is_open]
        for test, body in node.branches:
            found, end = self.body(body, scope, around, is_open=is_open)
            branches.append((test, found))
            ends.append(end)
        return If(tuple(branches)), any(ends)

    def _for(self, node: For, scope: Scope, around: tuple[str, ...], *, is_open: bool) -> tuple[For, bool]:
        items = _origin(node.items, scope)
        inner = {name: each for name, each in scope.items() if name != node.variable}
        if items is not None:
            inner[node.variable] = Origin(items.name, items.shape.get("items") or {})
        is_open = is_open or _ends_open(node.body)  # an iteration follows on the one before
        body, end = self.body(node.body, inner, around, is_open=is_open)
        return For(node.variable, node.items, body, node.place), end or is_open


def _is_open_behind(node: Text, *, is_open: bool) -> bool:
    return bool(_OPEN_ENDED.search(node.text) or (is_open and _NO_TEXT.match(node.text)))


def _ends_open(body: Body, *, is_open: bool = False) -> bool:
    """Whether a body ends like the beginning of a tag, for some inputs."""
    for node in body:
        if isinstance(node, Text):
            is_open = _is_open_behind(node, is_open=is_open)
        elif not is_open:
            is_open = any(_ends_open(inner) for inner in _inner(node))
    return is_open


def _origin(expression: Expression, scope: Scope) -> Origin | None:
    """Where the value of an expression comes from; None where it is the author's, a number or a truth."""
    if isinstance(expression, Variable):
        return scope.get(expression.name)
    if isinstance(expression, Field):
        base = _origin(expression.base, scope)
        return base and Origin(base.name, base.shape.get("properties", {}).get(expression.name, {}))
    if not isinstance(expression, Filter) or expression.name == "length":
        return None
    base = _origin(expression.base, scope)
    if base and expression.name in {"first", "last"}:
        return Origin(base.name, base.shape.get("items") or {})
    if base and expression.name == "default" and _origin(expression.arguments[0], scope) is None:
        return base
    # The base is looked at once: looked at again here, every filter in a row would double the work.
    origin = base or next(filter(None, (_origin(part, scope) for part in expression.arguments)), None)
    return origin and Origin(origin.name, {})


def _is_harmless(shape: Shape) -> bool:
    kind = shape.get("kind")
    return kind in _HARMLESS_KINDS or (kind == "string" and bool(shape.get("enumValues")))


def _is_tag(fence: str) -> bool:
    return fence not in {BACKTICK_FENCE, QUOTE_FENCE}


def _label(expression: Expression) -> str:
    while isinstance(expression, Filter):
        expression = expression.base
    return expression.name if isinstance(expression, Variable | Field) else ""


def _delimiters(body: Body) -> tuple[list[re.Match[str]], list[int]]:
    """The delimiters that stand on one level, and the offset of each node; a tag may hold outputs."""
    texts = [node.text if isinstance(node, Text) else _STAND_IN for node in body]
    offsets, at = [], 0
    for text in texts:
        offsets.append(at)
        at += len(text)
    return [*_DELIMITER.finditer("".join(texts))], offsets


def _around(body: Body) -> Iterator[tuple[str, ...]]:
    """For each node of one level, the fences of that level that it stands in."""
    delimiters, offsets = _delimiters(body)
    regions = [*_paired(delimiters, [])]
    begins = sorted(((start, at) for at, (_, start, _) in enumerate(regions)), reverse=True)
    ends = sorted(((end, at) for at, (_, _, end) in enumerate(regions)), reverse=True)
    inside: dict[int, str] = {}
    found: tuple[str, ...] = ()
    for offset in offsets:
        is_same = True
        while begins and begins[-1][0] <= offset:
            at, is_same = begins.pop()[1], False
            inside[at] = regions[at][0]
        while ends and ends[-1][0] <= offset:
            is_same = False
            inside.pop(ends.pop()[1], None)
        found = found if is_same else tuple(inside.values())
        yield found


def _paired(delimiters: list[re.Match[str]], left: list[str]) -> Iterator[Region]:
    """Every fence that begins and ends; what has no other end goes to `left`."""
    begun: dict[str, list[int]] = {}
    for each in delimiters:
        if each["run"]:
            fence = BACKTICK_FENCE if each["run"][0] == "`" else QUOTE_FENCE
        elif each["attributes"].endswith("/"):
            continue
        else:
            fence = each["name"].lower()
        starts = begun.setdefault(fence, [])
        if starts and (each["run"] or each["end"]):
            yield fence, starts.pop(), each.start()
        elif each["end"]:
            left.append(fence)
        else:
            starts.append(each.end())
    left += [fence for fence, starts in begun.items() if starts]


def _unsure(body: Body) -> Iterator[str]:
    """The fences that begin or end inside of a block only: whether they stand there, the inputs decide."""
    for node in body:
        for inner in _inner(node):
            left: list[str] = []
            for _ in _paired(_delimiters(inner)[0], left):
                pass
            yield from left
            yield from _unsure(inner)


def _inner(node: Node) -> Iterator[Body]:
    if isinstance(node, If):
        yield from (body for _, body in node.branches)
    elif isinstance(node, For):
        yield node.body
