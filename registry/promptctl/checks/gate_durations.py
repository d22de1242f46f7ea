"""How long a gate asks for, and how old evidence may be, is a duration with its units.

`60` could be minutes or seconds; whoever guesses wrong promotes too early or never.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.core import durations
from promptctl.model.document import Document, Path, shown
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for path, text in _durations(pipeline):
        try:
            durations.seconds(text)
        except ValueError as error:
            yield in_document(document, path, f"`{path[-1]}` {error}: {shown(text)!r}")


def _durations(pipeline: Pipeline) -> Iterator[tuple[Path, str]]:
    for index, each in enumerate(pipeline.environments):
        path = ("environments", index, "gates")
        if each.gates.soak is not None:
            yield (*path, "soak"), each.gates.soak
        if each.gates.evals is not None and each.gates.evals.max_age is not None:
            yield (*path, "evals", "max_age"), each.gates.evals.max_age


RULE = PipelineRule("PC161", "`soak` and `max_age` are durations", durations.HINT, find=_find)
