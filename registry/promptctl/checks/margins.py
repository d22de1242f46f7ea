"""A margin says how large a drop may go unnoticed, as a share.

With 0 no experiment could ever end, and with 1 every drop would pass. 5 is no way to write 5 %.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.model.document import Document
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for index, each in enumerate(pipeline.environments):
        evals = each.gates.evals
        if evals is not None and not 0 < evals.margin < 1:
            path = ("environments", index, "gates", "evals", "margin")
            message = f"`margin` must lie between 0 and 1, found {evals.margin:g}"
            yield in_document(document, path, message)


RULE = PipelineRule("PC074", "a margin lies between 0 and 1", "0.05 allows a drop of five points", find=_find)
