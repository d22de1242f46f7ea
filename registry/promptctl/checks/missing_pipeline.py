"""A registry has a pipeline."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.model.document import Place
from promptctl.model.registry import Registry

_FILE = "promptctl.yaml"


def _find(registry: Registry) -> Iterator[Problem]:
    if _FILE not in registry.sources:
        yield Problem(_FILE, Place(0, 0), "there is no promptctl.yaml, so nothing can be promoted")


RULE = Rule("PC113", "promptctl.yaml names the environments", _find, "promptctl init writes one")
