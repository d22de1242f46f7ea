"""A group consists of people that `people` names.

Somebody in a group whom `people` does not know has no identity: whatever he approves, it never counts for
the group, and nobody would see why.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.core.suggest import did_you_mean
from promptctl.model.document import Document, shown
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for group, names in pipeline.groups.items():
        for index, name in enumerate(names):
            if name not in pipeline.people:
                message = f"{shown(name)!r} is nobody in `people`"
                hint = did_you_mean(name, pipeline.people, "people")
                yield in_document(document, ("groups", group, index), message, hint)


RULE = PipelineRule(
    "PC164",
    "a group consists of people",
    "add the person with an e-mail: people: {ada: [ada@acme.example]}",
    find=_find,
)
