"""What end users write stands inside of a delimiter, so that a model can tell where it ends."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.core.trust import OPEN, UNFENCED
from promptctl.model.document import Place
from promptctl.model.registry import Artifact, Registry
from promptctl.model.trust import misplaced


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    for each in misplaced(prompt, registry):
        if each.why in {UNFENCED, OPEN}:
            yield Problem(prompt.path, Place(each.use.line, each.use.column), each.message, each.hint)


RULE = Rule("PC120", "what end users write stands inside of a delimiter", kinds=("prompt",), find=_find)
