"""Two environments of one name would share one branch.

The gates of the one would hold for the other, or not, by the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.model.document import Document
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, each in enumerate(pipeline.environments):
        if each.name in seen:
            message = f"there are two environments {each.name!r}"
            yield in_document(document, ("environments", index, "name"), message)
        seen.add(each.name)


RULE = PipelineRule("PC071", "environments have different names", "rename one", find=_find)
