from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

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


def test_every_rule_has_an_anchor_that_annotations_can_link(rules: ModuleType) -> None:
    headings = re.findall(r"^## (PC\d{3})$", rules.page(), re.MULTILINE)
    assert headings == [each.code for each in (*rules.EVERY, *rules.CONVERSIONS)]
