from __future__ import annotations

import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
from helpers.registries import registry

from promptctl.model.pipeline import Gates

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rules() -> ModuleType:
    """The generator, which ships nowhere."""
    spec = importlib.util.spec_from_file_location("rules_page", ROOT / "docs/rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_rules_is_what_the_rules_say(rules: ModuleType) -> None:
    assert rules.PAGE.read_text() == rules.page(), "run make docs"


def test_the_pipeline_that_the_page_of_gates_shows_is_a_good_one() -> None:
    page = (ROOT / "docs/how-to/gates.md").read_text()
    (shown,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    found = registry({"promptctl.yaml": shown})
    assert found.findings == ()
    gates = found.pipeline.environment("prod").gates
    assert all(getattr(gates, each.name) for each in fields(Gates)), "a gate is not shown"
    assert {f"## {each.name}" for each in fields(Gates)} <= set(page.splitlines())


def test_every_rule_has_an_anchor_that_annotations_can_link(rules: ModuleType) -> None:
    headings = re.findall(r"^## (PC\d{3})$", rules.page(), re.MULTILINE)
    assert headings == [each.code for each in (*rules.EVERY, *rules.CONVERSIONS)]
