"""A release soaks in the environment before: where there is none before, it soaks nowhere.

The gate would hold nothing back, and look as if it did.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.model.document import Document, shown
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for index, each in enumerate(pipeline.environments):
        if each.gates.soak is not None and each.after is None:
            path = ("environments", index, "gates", "soak")
            yield in_document(document, path, f"{shown(each.name)} has `soak`, and no environment before it")


RULE = PipelineRule(
    "PC166",
    "`soak` is asked where there is an environment before",
    "add `after: ENV`, or remove `soak`",
    find=_find,
)
