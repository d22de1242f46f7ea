"""Who must approve, and who may waive, is somebody that the file knows.

A group that is misspelled would ask for people that there are not: a gate that nobody can open, or waive.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.core.suggest import did_you_mean
from promptctl.model.document import Document, shown
from promptctl.model.people import is_identity
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for index, each in enumerate(pipeline.environments):
        loosened = each.gates.policy_loosened
        for number, name in enumerate(loosened.groups if loosened else ()):
            if name not in pipeline.groups:
                path = ("environments", index, "gates", "policy_loosened", "from", number)
                hint = did_you_mean(name, pipeline.groups, "groups")
                yield in_document(document, path, f"there is no group {shown(name)!r}", hint)
    known = [*pipeline.groups, *pipeline.people]
    for index, name in enumerate(pipeline.waivers.allowed):
        if name not in known and not is_identity(name):
            message = f"{shown(name)!r} is no group and nobody in `people`"
            hint = did_you_mean(name, known, "known")
            yield in_document(document, ("waivers", "allowed", index), message, hint)


RULE = PipelineRule(
    "PC165",
    "who must approve or may waive is a known group or person",
    "add the group: groups: {security: [ada]}",
    find=_find,
)
