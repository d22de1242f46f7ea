"""What end users write is no part of the instructions: models follow a system message above all others."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.core.trust import INSTRUCTING
from promptctl.model.document import Place
from promptctl.model.registry import Artifact, Registry
from promptctl.model.trust import misplaced


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    for each in misplaced(prompt, registry):
        if each.why == INSTRUCTING:
            yield Problem(prompt.path, Place(each.use.line, each.use.column), each.message, each.hint)


RULE = Rule(
    "PC121", "what end users write is in no system or developer message", kinds=("prompt",), find=_find
)
