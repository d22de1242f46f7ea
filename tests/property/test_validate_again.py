"""What is checked again after a change gives the same answer as checking everything from nothing."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest
from helpers.registries import source

from promptctl.services.checking import check
from promptctl.services.validate import Report, validate, validate_source
from promptctl.store.files import SourceFile, from_work_tree
from promptctl.store.objects import REGULAR, SYMLINK, object_id
from promptctl.store.registry import read
from promptctl.store.results import Results, rules_version

ROOT = Path(__file__).parents[2]
EXAMPLE = {each.path: each for each in from_work_tree(ROOT)}
Files = dict[str, SourceFile]
BROKEN = {
    "prompts/answer.md": "---\ninputs: {question: {kind: string}}\n---\n{{ qestion }}\n",
    "prompts/other.md": '{% include "brand-voice" %}{% include "tone" %}\n',
    "prompts/support-answer.prompty": "Hello\n",
    "prompts/Answer.md": "Hello\n",
    "partials/tone.md": "Be kind.\n",
    "partials/tone/deep.md": "Be kinder.\n",
    "partials/brand-voice.md": "{{ company }} {% if %}\n",
    "guardrails/support.yaml": "output:\n  - {type: tone, judge: judges/tone, enforce: eval}\n",
    "guardrails/suport.yaml": "input: []\n",
    "prompts/judges/tone.md": "---\npromptctl: {guardrails: [support]}\n---\nIs it kind?\n",
    "evals/answer.yaml": "target: prompts/answer\ndataset: golden\n",
    "datasets/golden.jsonl": '{"id": "c1", "vars": {"question": "?"}}\n{"id": "c1"}\n',
    "index_manifests/help-centre.yaml": "metric: cosine\n",
    "promptctl.yaml": "environments: [{name: dev, gates: {evals: {}}}]\n",
}


class Memory:
    """Files that are nowhere but here."""

    def __init__(self, files: Files) -> None:
        self._files = dict(sorted(files.items()))
        self.loaded: list[str] = []

    def states(self) -> dict[str, str]:
        return {path: f"{each.mode:o} {object_id('blob', each.data)}" for path, each in self._files.items()}

    def load(self, paths: Iterable[str]) -> list[SourceFile]:
        self.loaded += (wanted := list(paths))
        return [self._files[path] for path in wanted]


def _break(files: Files, choice: random.Random) -> None:
    path = choice.choice(sorted(BROKEN))
    files[path] = source(path, BROKEN[path])


def _mend(files: Files, choice: random.Random) -> None:
    path = choice.choice(sorted(EXAMPLE))
    files[path] = EXAMPLE[path]


def _remove(files: Files, choice: random.Random) -> None:
    files.pop(choice.choice(sorted(files)))


def _cut(files: Files, choice: random.Random) -> None:
    path = choice.choice(sorted(files))
    data = files[path].data
    files[path] = source(path, data[: choice.randrange(len(data) + 1)])


def _link(files: Files, choice: random.Random) -> None:
    path = choice.choice(sorted(files))
    files[path] = SourceFile(path, b"", SYMLINK, 0)


def _rename(files: Files, choice: random.Random) -> None:
    path = choice.choice(sorted(files))
    other = path.replace(".", f"-{choice.randrange(3)}.", 1)
    files[other] = SourceFile(other, files.pop(path).data, REGULAR, 0)


STEPS: tuple[Callable[[Files, random.Random], None], ...] = (
    _break,
    _break,
    _mend,
    _remove,
    _cut,
    _link,
    _rename,
)


@pytest.mark.parametrize("seed", range(25))
def test_after_any_changes_the_answer_is_that_of_a_first_run(tmp_path: Path, seed: int) -> None:
    choice, files = random.Random(seed), dict(EXAMPLE)
    for _ in range(10):
        for _ in range(choice.randrange(3)):
            choice.choice(STEPS)(files, choice)
        again = validate_source(Memory(files), results=Results(tmp_path / "results.sqlite"))
        assert again == validate_source(Memory(files)) == _whole(files)


def _whole(files: Files) -> Report:
    return validate(read(list(files.values())))


def test_only_what_a_change_can_affect_is_read_again(tmp_path: Path) -> None:
    results = tmp_path / "results.sqlite"
    validate_source(Memory(EXAMPLE), results=Results(results))
    same = Memory(EXAMPLE)
    validate_source(same, results=Results(results))
    assert same.loaded == []
    changed = Memory({**EXAMPLE, "prompts/find-order.md": source("prompts/find-order.md", "Find it.\n")})
    validate_source(changed, results=Results(results))
    assert set(changed.loaded) == {
        "datasets/order-messages.jsonl",
        "evals/find-order.yaml",
        "prompts/find-order.md",
        "promptctl.yaml",  # what is compared has changed: the prompt no longer names its model
    }


def test_of_two_files_with_one_name_the_second_is_read_when_the_first_is_gone(tmp_path: Path) -> None:
    results = tmp_path / "results.sqlite"
    second = source("prompts/find-order.prompty", "{{ unknown }}\n")
    both = {**EXAMPLE, second.path: second}
    validate_source(Memory(both), results=Results(results))
    del both["prompts/find-order.md"]
    found = validate_source(Memory(both), results=Results(results))
    assert found == _whole(both)
    assert ("PC101", second.path) in {(each.code, each.path) for each in found.findings}


@pytest.mark.parametrize("seed", range(5))
def test_a_run_that_writes_late_spoils_nothing(tmp_path: Path, seed: int) -> None:
    """Two runs that began together: what the second one keeps would not fit what the first one kept."""
    choice, path = random.Random(seed), tmp_path / "results.sqlite"
    validate_source(Memory(EXAMPLE), results=Results(path))
    both = Results(path), Results(path)
    for each in both:
        files = dict(EXAMPLE)
        _break(files, choice)
        _remove(files, choice)
        validate_source(Memory(files), results=each)
    assert validate_source(Memory(EXAMPLE), results=Results(path)) == _whole(EXAMPLE)


def test_results_of_other_rules_and_what_is_no_database_count_as_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "results.sqlite"
    validate_source(Memory(EXAMPLE), results=Results(path))
    assert Results(path).checked.keys() == EXAMPLE.keys()
    with monkeypatch.context() as patch:
        patch.setattr("promptctl.store.results.rules_version", lambda: "other rules")
        assert Results(path).checked == {}
    path.write_bytes(b"no database " * 1000)
    assert Results(path).checked == {}
    validate_source(Memory(EXAMPLE), results=Results(path))
    assert Results(path).checked.keys() == EXAMPLE.keys()


POISONS = (
    "UPDATE checked SET fields = replace(fields, 'answer', 'answers')",
    "UPDATE checked SET fields = replace(fields, '[[', '[')",
    "UPDATE checked SET fields = replace(fields, 'error', '')",
    "UPDATE checked SET fields = fields || char(0)",
    "UPDATE checked SET fields = ''",
    "UPDATE checked SET fields = 7",
    "UPDATE checked SET fields = NULL",
    "UPDATE checked SET fields = x'00'",
    "UPDATE checked SET path = path || 'x'",
    "UPDATE checked SET seal = 0",
    "DELETE FROM checked",
    "ALTER TABLE checked ADD COLUMN more",
    "DELETE FROM last_run",
    "UPDATE last_run SET mark = 7",
    "UPDATE last_run SET compared = ''",
    "UPDATE last_run SET compared = '{'",
    "UPDATE last_run SET compared = NULL",
    "INSERT INTO last_run SELECT * FROM last_run",
    "DROP TABLE last_run; CREATE TABLE last_run (rules)",
)


@pytest.mark.parametrize("poison", POISONS)
def test_what_was_kept_and_is_no_longer_the_same_counts_as_nothing(tmp_path: Path, poison: str) -> None:
    path = tmp_path / "results.sqlite"
    files = {**EXAMPLE, "prompts/answer.md": source("prompts/answer.md", BROKEN["prompts/answer.md"])}
    validate_source(Memory(files), results=Results(path))
    with closing(sqlite3.connect(path)) as database:
        database.executescript(poison)
    assert validate_source(Memory(files), results=Results(path)) == _whole(files)
    changed = {**files, "partials/brand-voice.md": source("partials/brand-voice.md", "{{ company }}\n")}
    assert validate_source(Memory(changed), results=Results(path)) == _whole(changed)
    assert validate_source(Memory(EXAMPLE), results=Results(path)) == _whole(EXAMPLE)


def test_paths_that_are_printed_alike_are_not_taken_for_each_other(tmp_path: Path) -> None:
    paths = ("prompts/a\udcff.md", "prompts/a\udcfe.md", "prompts/a\ufffd.md")
    files = {**EXAMPLE, **{path: source(path, "Hello\n") for path in paths}}
    for gone in ("", *paths):
        files.pop(gone, None)
        again = validate_source(Memory(files), results=Results(tmp_path / "results.sqlite"))
        assert again == validate_source(Memory(files))


def test_another_library_or_interpreter_is_another_version_of_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {rules_version()}
    (tmp_path / "pydantic-99.0.dist-info").mkdir()
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        versions.add(rules_version())
    monkeypatch.setattr("sys.version", "4.0")
    assert len({*versions, rules_version()}) == 3


def test_processes_find_what_one_finds() -> None:
    many = {
        f"prompts/p{number:04}.md": source(f"prompts/p{number:04}.md", f"{{{{ a{number} }}}}\n")
        for number in range(1_000)
    }
    files = Memory({**EXAMPLE, **many})
    names = {path.rpartition(".")[0]: path for path in files.states() if "/" in path}
    paths = sorted(files.states())
    alone = check(paths, files, names)
    assert check(paths, files, names, processors=2) == alone
    assert sum(len(each.findings) for each in alone) >= 1_000
