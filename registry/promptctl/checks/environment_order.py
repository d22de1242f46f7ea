"""A release moves along the pipeline in the order of the file.

`after` points back, so no circle can keep a release from ever arriving, and the file reads from top to
bottom as releases travel.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.model.document import Document
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    earlier: list[str] = []
    for index, each in enumerate(pipeline.environments):
        if each.after is not None and each.after not in earlier:
            message = f"`after` must name an environment that stands before, found {each.after!r}"
            hint = f"before it: {', '.join(earlier)}" if earlier else "it is the first one: remove `after`"
            yield in_document(document, ("environments", index, "after"), message, hint)
        earlier.append(each.name)


RULE = PipelineRule(
    "PC072",
    "`after` names an environment that stands before",
    "name one that stands before, or remove `after`",
    find=_find,
)
