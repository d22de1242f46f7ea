"""A person and a group have different names.

Where one name means both, `waivers` would let a whole group do what was meant for one person.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.model.document import Document, shown
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for group in pipeline.groups:
        if group in pipeline.people:
            yield in_document(document, ("groups", group), f"{shown(group)!r} is a person too")


RULE = PipelineRule("PC170", "a person and a group have different names", "rename the group", find=_find)
