"""What a context template lays out is escaped already: a filter behind that could undo it."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.core.trust import CHANGED
from promptctl.model.document import Place
from promptctl.model.registry import Artifact, Registry
from promptctl.model.trust import misplaced


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    for each in misplaced(prompt, registry):
        if each.why == CHANGED:
            yield Problem(prompt.path, Place(each.use.line, each.use.column), each.message, each.hint)


RULE = Rule(
    "PC122", "a context laid out from what end users write is printed as it is", kinds=("prompt",), find=_find
)
