"""The name of an environment is the name of its branch.

Only what git allows in a branch on every system, and what cannot be taken for another name, can be one.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.core.names import environment_ref
from promptctl.errors import UsageError
from promptctl.model.document import Document
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for index, each in enumerate(pipeline.environments):
        try:
            environment_ref(each.name)
        except UsageError as error:
            yield in_document(document, ("environments", index, "name"), error.message, error.hint)


RULE = PipelineRule(
    "PC070", "an environment has a legal name", "use small letters, digits, - and _", find=_find
)
