"""A gate never asks for more approvals than there are people who can give them.

Two identities of one person are one approval, and a person in two groups is one too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.core.written import counted
from promptctl.model.document import Document, shown
from promptctl.model.people import members
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for index, each in enumerate(pipeline.environments):
        gate = each.gates.policy_loosened
        if gate is None or any(name not in pipeline.groups for name in gate.groups):
            continue
        found = members(gate.groups, pipeline.groups)
        if len(found) < gate.approvals:
            path = ("environments", index, "gates", "policy_loosened")
            message = f"{counted(gate.approvals, 'approval')} asked, and {_have(gate.groups, len(found))}"
            yield in_document(document, path, message)


def _have(groups: Sequence[str], people: int) -> str:
    if not groups:
        return "`from` names no group"
    return f"{shown(' and '.join(groups))} {'has' if len(groups) == 1 else 'have'} {people or 'nobody'}"


RULE = PipelineRule(
    "PC167",
    "there are as many people as approvals are asked",
    "add people to the group, or ask for fewer approvals",
    find=_find,
)
