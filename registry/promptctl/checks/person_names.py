"""The name of a person or group is a word that is no identity.

`waivers` takes names and e-mails, and records name people in one line: a name that looks like somebody's
e-mail, or breaks the line, would say something else than it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.model.document import Document, shown
from promptctl.model.pipeline import Pipeline

_NAME = re.compile(r"\w(?:[\w .'-]{0,98}[\w.])?")


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for key, names in (("people", pipeline.people), ("groups", pipeline.groups)):
        for name in names:
            if not _NAME.fullmatch(name):
                yield in_document(document, (key, name), f"{shown(name)!r} cannot be a name")


RULE = PipelineRule(
    "PC171",
    "a person or group has a plain name",
    "write letters and digits: people: {ada: [ada@acme.example]}",
    find=_find,
)
