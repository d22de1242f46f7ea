"""A registry has a pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptctl.checks.rule import Outline, Problem, RegistryRule
from promptctl.model.document import Place

_FILE = "promptctl.yaml"


def _find(outline: Outline, _: Mapping[str, Any]) -> Iterator[Problem]:
    if not outline.has_pipeline:
        yield Problem(_FILE, Place(0, 0), "there is no promptctl.yaml, so nothing can be promoted")


RULE = RegistryRule("PC113", "promptctl.yaml names the environments", "promptctl init writes one", find=_find)
