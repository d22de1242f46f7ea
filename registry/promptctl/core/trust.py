"""Trust of inputs: what end users write is escaped against the delimiters of the templates, or not served.

The one way in which rules, eval, `render` and the SDK treat `trust: end_user`
(docs/reference/formats.md, "Trust").
"""

from __future__ import annotations

from promptctl.core.limits import FENCES_AROUND
from promptctl.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` alone would be a tenth of a runtime's start
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, TypeAlias

    from promptctl.core.template import Template
    from promptctl.core.template.fences import Use

    Inputs: TypeAlias = Mapping[str, Mapping[str, Any]]

END_USER = "end_user"
CONTEXT = "context"
"""The input that the text of a context template goes to."""
WORDS = ("author", END_USER)
AUTHORS_ROLES = frozenset({"system", "developer"})
UNFENCED, OPEN, INSTRUCTING, CHANGED = "unfenced", "open", "instructing", "changed"


_REASONS = {
    UNFENCED: "and no delimiter stands around it",
    OPEN: "and the text before it ends like the beginning of a tag",
    INSTRUCTING: "and stands among the instructions of a system message",
    CHANGED: "escaped as it is laid out: a filter could undo that",
}


class MisplacedError(TemplateError):
    """A template puts what an end user wrote where it could pass for the author's words."""


class Misplaced:
    """A use that must not be, and why: `UNFENCED`, `OPEN`, `INSTRUCTING` or `CHANGED`. `by` names the context
    template's input that the text is laid out from.
    """

    __slots__ = ("by", "use", "why")

    def __init__(self, why: str, use: Use, by: str = "") -> None:
        self.why: str = why
        self.use: Use = use
        self.by: str = by

    @property
    def message(self) -> str:
        """What is wrong, and why it matters."""
        whose = f"`{self.use.name}` holds `{self.by}`, which" if self.by else f"`{self.use.spelled}` is what"
        what = f"{whose} end users write"
        return f"{what}, {_REASONS[self.why]}"

    @property
    def hint(self) -> str:
        """The corrected line."""
        use = self.use
        if self.why == CHANGED:
            return f"write {{{{ {use.name} }}}}"
        if self.why == OPEN:
            where = "in the context template" if self.by else "before it"
            return f"remove the '<' {where}, or put a word behind it"
        line = f"<{use.label}>{{{{ {use.spelled} }}}}</{use.label}>"
        return f"move it below a line '# user:' as {line}" if self.why == INSTRUCTING else f"write {line}"


class Trusted:
    """Templates with their values fenced. `layout` is that of the context template, None without one."""

    __slots__ = ("layout", "misplaced", "parts")

    def __init__(
        self, parts: list[Template], layout: Template | None, misplaced: tuple[Misplaced, ...]
    ) -> None:
        self.parts: list[Template] = parts
        self.layout: Template | None = layout
        self.misplaced: tuple[Misplaced, ...] = misplaced

    def check(self) -> None:
        """Raise `MisplacedError` for the first misplaced use."""
        for each in self.misplaced:
            raise MisplacedError(each.message, line=each.use.line, column=each.use.column, hint=each.hint)


def untrusted(inputs: Inputs) -> dict[str, Mapping[str, Any]]:
    """The inputs that end users write. Raises `TemplateError` for a word that this version does not know."""
    for name, each in inputs.items():
        if each.get("trust", END_USER) not in WORDS:
            raise TemplateError(
                f"input {name!r} asks for the trust {each['trust']!r}, which this version does not know",
                hint="upgrade promptctl-registry",
            )
    return {name: each for name, each in inputs.items() if each.get("trust") == END_USER}


def fenced(
    parts: Sequence[tuple[str, Template]],
    inputs: Inputs,
    layout: Template | None = None,
    layout_inputs: Inputs | None = None,
) -> Trusted:
    """The messages of a prompt, each a role and its template, and its context template, with values fenced.

    A text that a context template lays out from what end users write is treated like an input of theirs: its
    values are escaped against the delimiters of both templates, and stand inside of one of either.
    """
    own, laid = untrusted(inputs), untrusted(layout_inputs or {})
    passes_on = bool(layout and laid) and CONTEXT not in own
    followed = own | ({CONTEXT: {"kind": "string"}} if passes_on else {})
    uses = [(role, use) for role, each in parts for use in each.uses(followed)] if followed else []
    laid_out = layout.uses(laid) if layout and laid else ()
    outer = {fence for _, use in uses if use.name == CONTEXT for fence in use.fences} if passes_on else set()
    return Trusted(
        [each.fenced(own) if own else each for _, each in parts],
        layout.fenced(laid, tuple(sorted(outer))) if layout and laid else layout,
        tuple(_misplaced(uses, laid_out if passes_on else ())),
    )


def _misplaced(uses: Sequence[tuple[str, Use]], laid_out: Sequence[Use]) -> Iterator[Misplaced]:
    """`laid_out` are the uses in the context template whose text the prompt's own input `context` holds."""
    around = {fence for _, use in uses if use.name == CONTEXT for fence in use.fences}
    is_open = any(each.is_open for each in laid_out)
    is_bare = any(not each.fences for each in laid_out)
    for role, use in uses:
        by = laid_out[0].name if laid_out and use.name == CONTEXT else ""
        if role in AUTHORS_ROLES:
            yield Misplaced(INSTRUCTING, use, by)
        elif by and not use.is_whole:
            yield Misplaced(CHANGED, use, by)
        elif by and is_open:
            yield Misplaced(OPEN, use, by)
        elif (not use.fences and (is_bare or not by)) or (by and len(around) > FENCES_AROUND):
            yield Misplaced(OPEN if use.is_open else UNFENCED, use, by)
