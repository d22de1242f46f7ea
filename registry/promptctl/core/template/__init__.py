"""The template language of prompts and context templates: ours to define (docs/reference/formats.md).

One parser and one evaluator serve validate, release and the SDK, so what is checked is what renders.
"""

from __future__ import annotations

from promptctl.core.limits import LOAD, PUBLISH
from promptctl.core.template.lexer import Source
from promptctl.core.template.parser import Parser, Shared

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from promptctl.core.limits import Limits
    from promptctl.core.template.fences import Use
    from promptctl.core.template.names import Name
    from promptctl.core.template.syntax import Body

__all__ = ["Template", "parse"]


class Template:
    """A parsed template, with its partials inlined. Immutable."""

    __slots__ = ("_body", "_includes", "_names", "_printed", "_size")

    def __init__(self, body: Body, includes: tuple[str, ...], size: int) -> None:
        self._body = body
        self._includes = includes
        self._size = size
        self._names: tuple[Name, ...] | None = None
        self._printed: str | None = None

    @property
    def includes(self) -> tuple[str, ...]:
        """The partials used, each once, in the order of first use; those that partials use among them."""
        return self._includes

    @property
    def size(self) -> int:
        """The characters of its source, and of each partial as often as it is included."""
        return self._size

    def print(self) -> str:
        """The canonical text (docs/reference/formats.md): it parses to the same tree and prints to itself."""
        if self._printed is None:
            from promptctl.core.template.printer import print_template

            self._printed = print_template(self._body)
        return self._printed

    def names(self) -> tuple[Name, ...]:
        """Every use of an input in the order of the source, without loop variables and `loop`.

        A use inside of a partial has the place of its include.
        """
        if self._names is None:  # most rules about templates ask for them
            from promptctl.core.template.names import names_in

            self._names = names_in(self._body)
        return self._names

    def prints_only(self, names: Collection[str]) -> bool:
        """Whether it is text and values of these inputs, printed as they are: what then can fail is size."""
        from promptctl.core.template.syntax import Output, Text, Variable

        return all(
            isinstance(node, Text)
            or (
                isinstance(node, Output)
                and isinstance(node.expression, Variable)
                and node.expression.name in names
            )
            for node in self._body
        )

    def uses(self, untrusted: Mapping[str, Mapping[str, Any]]) -> tuple[Use, ...]:
        """Every place that prints a value of these inputs, given with their declarations, and the delimiters
        around it (docs/reference/formats.md, "Trust").
        """
        from promptctl.core.template.fences import fenced

        return fenced(self._body, untrusted)[1]

    def fenced(self, untrusted: Mapping[str, Mapping[str, Any]], outer: tuple[str, ...] = ()) -> Template:
        """This template, with the values of these inputs escaped against the delimiters around them.

        `outer` are delimiters of another template that stand around all of its text.
        """
        from promptctl.core.template.fences import fenced

        return Template(fenced(self._body, untrusted, outer)[0], self._includes, self._size)

    def compile(self, limits: Limits = LOAD) -> Callable[[Mapping[str, Any]], str]:
        """A function from inputs to text; it keeps no state and may be called from many threads.

        It takes plain JSON values, which the caller has checked against the declared inputs. It raises
        `TemplateError` with the line, where known, for an undefined name, a value of the wrong type, a null
        that is printed, and whatever grows beyond `limits`.
        """
        from promptctl.core.template.compiler import compile_body

        return compile_body(self._body, limits)


def parse(
    source: str,
    *,
    partials: Mapping[str, str] | None = None,
    limits: Limits = PUBLISH,
    first_line: int = 1,
) -> Template:
    """Parse a template; `partials` maps names to the text that `include` puts in their place.

    Raises `TemplateError` with the line and column of the first thing that is wrong; lines count from
    `first_line`. Inside a partial the place is that of the include, and the message has the partial's line.
    Without `partials` an include is an error: what is in a bundle has them inlined.
    """
    shared = Shared(partials, limits)
    body = Parser(Source(source, first_line), shared).template()
    return Template(body, tuple(shared.includes), len(source) + shared.included_size)
