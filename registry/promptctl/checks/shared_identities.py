"""An identity belongs to one person.

Two people who share one would be two approvals of one person, or one of two: nobody could tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.model.document import Document, shown
from promptctl.model.people import same_for_all
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for person, identities in pipeline.people.items():
        for index, each in enumerate(identities):
            owner = owners.setdefault(same_for_all(each), person)
            if owner != person:
                message = f"{shown(each)!r} is {shown(owner)} already"
                yield in_document(document, ("people", person, index), message)


RULE = PipelineRule(
    "PC169", "an identity belongs to one person", "keep it with the one whose it is", find=_find
)
