"""Every example of the page for prompt authors is what it says: sound, or wrong in exactly that way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.repositories import Clone, hermetic_environ, make_repository
from helpers.shop import call

PAGE = Path(__file__).parents[2] / "docs/how-to/write-a-prompt.md"
_EXAMPLE = re.compile(
    r"^`(?P<path>[a-z_]+/[a-z-]+\.md)`\n\n```markdown\n(?P<content>.*?)^```\n"
    r"(?:\n```text\n(?P<findings>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
EXAMPLES = list(_EXAMPLE.finditer(PAGE.read_text()))
PIPELINE = "environments:\n  - name: dev\n"


@pytest.fixture
def registry(tmp_path: Path) -> Clone:
    clone = make_repository(tmp_path / "shop", hermetic_environ(tmp_path / "home"))
    partials = {each["path"]: each["content"] for each in EXAMPLES if each["path"].startswith("partials/")}
    clone.write({"promptctl.yaml": PIPELINE, **partials})
    return clone


def test_every_block_of_the_page_is_an_example() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("```markdown\n") > 10
    assert sum(each["findings"] is not None for each in EXAMPLES) == PAGE.read_text().count("```text\n") > 5


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_of_the_page_has_exactly_the_findings_below_it(
    example: re.Match[str], registry: Clone
) -> None:
    registry.write({example["path"]: example["content"]})
    done = call(registry, "validate")
    findings = [each for each in done.out.split("\n\n") if each.startswith(f"{example['path']}:")]
    assert "\n\n".join(findings) == (example["findings"] or "").rstrip()


def test_the_render_command_of_the_page_prints_both_messages(registry: Clone) -> None:
    command = re.search(r'^    promptctl (render .*) --var order="(.*)"$', PAGE.read_text(), re.MULTILINE)
    assert command is not None
    declared = next(each for each in EXAMPLES if "inputs:" in each["content"])
    registry.write({declared["path"]: declared["content"]})
    done = call(registry, *command[1].split(), "--var", f"order={command[2]}", "-o", "json")
    assert done.code == 0, done.err
    system, user = done.json["messages"]
    assert "Thank Ada in one" in system["content"]
    assert user["content"] == "I have ordered an oak table."
