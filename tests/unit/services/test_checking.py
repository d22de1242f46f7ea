from __future__ import annotations

import gc
from collections.abc import Iterable

import pytest
from helpers.registries import registry, source

from promptctl.services.checking import check
from promptctl.services.validate import validate
from promptctl.store.files import SourceFile
from promptctl.store.objects import object_id

RENDERS_NOT = (
    "---\ninputs:\n  items: {kind: array, items: {kind: string}, default: []}\n---\n{{ items | first }}\n"
)


class One:
    """A source of one file."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def states(self) -> dict[str, str]:
        return {self._file.path: f"{self._file.mode:o} {object_id('blob', self._file.data)}"}

    def load(self, paths: Iterable[str]) -> list[SourceFile]:
        return [self._file for _ in paths]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (RENDERS_NOT, ["PC115"]),
        (f"{RENDERS_NOT}\u202e\n", ["PC077"]),  # found while reading
        (f"{RENDERS_NOT}{{{{ unknown }}}}\n", ["PC101"]),  # found by another rule
    ],
)
def test_that_a_wrong_template_does_not_render_is_an_echo_and_not_said(text: str, codes: list[str]) -> None:
    path = "prompts/a.md"
    alone = check([path], One(source(path, text)), {"prompts/a": path})
    assert [each.code for one in alone for each in one.findings if each.severity == "error"] == codes
    whole = validate(registry({path: text, "promptctl.yaml": "environments: [{name: dev}]\n"})).findings
    assert [each.code for each in whole if each.severity == "error"] == codes


@pytest.mark.parametrize("is_enabled", [True, False])
def test_collecting_garbage_goes_on_as_it_was(is_enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if is_enabled else gc.disable)()
        check(["prompts/a.md"], One(source("prompts/a.md", "Hi\n")), {"prompts/a": "prompts/a.md"})
        assert gc.isenabled() is is_enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
