"""Who signs is one exact e-mail, the principal of a line in `.promptctl/allowed_signers`.

A pattern, a list or a name would be compared letter by letter, and equal nobody's. In `people`, `github:ID`
stands for the one behind GitHub's private addresses.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.core.signers import is_principal
from promptctl.model.document import Document, shown
from promptctl.model.people import is_identity
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for person, identities in pipeline.people.items():
        for index, each in enumerate(identities):
            if not is_identity(each):
                message = f"{shown(each)!r} is neither one e-mail nor github: and a number"
                yield in_document(document, ("people", person, index), message)
    for key, emails in (("evaluators", pipeline.evaluators), ("promoters", pipeline.promoters)):
        for index, each in enumerate(emails):
            if not is_principal(each):
                yield in_document(document, (key, index), f"{shown(each)!r} is not one e-mail")


RULE = PipelineRule("PC168", "an identity is one e-mail", "write it whole: ada@acme.example", find=_find)
