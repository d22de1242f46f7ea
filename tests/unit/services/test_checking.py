from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from helpers.registries import registry, source
from helpers.repositories import hermetic_environ, make_repository

from promptctl.services.checking import check
from promptctl.services.validate import validate
from promptctl.store.files import SourceFile, Tree
from promptctl.store.intake import names_of
from promptctl.store.objects import object_id
from promptctl.store.repository import Repository

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


def test_processes_that_are_forked_off_read_a_commit_each_on_its_own(tmp_path: Path) -> None:
    environ = hermetic_environ(tmp_path / "home")
    clone = make_repository(tmp_path / "registry", environ)
    head = clone.commit({f"prompts/p{each:04}.md": f"{{{{ a{each} }}}}\n" for each in range(1_000)})
    with Repository.discover(clone.path, environ) as repository:
        files = Tree(repository.objects, head)
        paths = sorted(files.states())
        divided = check(paths, files, names_of(paths), processors=2)
        alone = check(paths, files, names_of(paths))
    assert divided == alone
    assert [f"`a{number}`" in each.found for number, each in enumerate(alone)] == [True] * 1_000


def test_a_dataset_is_checked_once_whichever_process_reads_the_suites_that_name_it(tmp_path: Path) -> None:
    environ = hermetic_environ(tmp_path / "home")
    clone = make_repository(tmp_path / "registry", environ)
    files = {
        f"datasets/d{each:03}.jsonl": '{"id": "a", "tags": ["x", "x"]}\n{"id": "a"}\n' for each in range(350)
    }
    for each in range(600):
        files[f"evals/s{each:03}.yaml"] = f"target: prompts/p{each}\ndataset: d{each % 300:03}\nassert: []\n"
    head = clone.commit(files)
    with Repository.discover(clone.path, environ) as repository:
        tree = Tree(repository.objects, head)
        paths = sorted(tree.states())
        divided = check(paths, tree, names_of(paths), processors=2)
        alone = check(paths, tree, names_of(paths))
    assert [each.path for each in divided] == paths
    assert divided == alone
