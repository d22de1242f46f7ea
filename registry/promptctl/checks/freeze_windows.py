"""A freeze says when it begins and ends, by weekdays or by dates.

A window that nobody can read would freeze nothing on the very day it was made for.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.gates import freeze
from promptctl.model.document import Document
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for index, environment in enumerate(pipeline.environments):
        for number, window in enumerate(environment.gates.freeze):
            found = freeze.problem(window)
            if found:
                path = ("environments", index, "gates", "freeze", number)
                key = "to" if found.startswith("`to`") else "from"
                yield in_document(document, (*path, key), found)


RULE = PipelineRule(
    "PC162",
    "a freeze begins and ends at times that can be read",
    'write weekdays and times, "Fri 16:00" to "Mon 08:00", or dates, 2026-12-23 to 2027-01-02',
    find=_find,
)
