"""A time zone has a name of the IANA time zone database, the same on every machine.

Abbreviations like CET mean a fixed offset in one place and something else in another; what only one machine
knows would freeze at another time on the next.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.gates import freeze
from promptctl.model.document import Document, shown
from promptctl.model.pipeline import Pipeline


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    for index, environment in enumerate(pipeline.environments):
        for number, window in enumerate(environment.gates.freeze):
            if not freeze.is_zone(window.timezone):
                path = ("environments", index, "gates", "freeze", number, "timezone")
                yield in_document(document, path, f"there is no time zone {shown(window.timezone)!r}")


RULE = PipelineRule(
    "PC163", "a time zone is one of the IANA database", "write one like Europe/Berlin, or UTC", find=_find
)
