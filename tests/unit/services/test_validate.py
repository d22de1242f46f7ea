from __future__ import annotations

from pathlib import Path

import pytest
from helpers.registries import findings_text, registry

from promptctl.errors import UsageError
from promptctl.services.validate import validate
from promptctl.store.files import from_work_tree
from promptctl.store.registry import read

FILES = {
    "promptctl.yaml": "environments: [{name: dev}]\n",
    "partials/voice.md": "Be kind.\n",
    "prompts/answer.md": "---\nnam: x\n---\nHi\n",
    "prompts/reply.md": '---\ninputs: {unused: {kind: string, default: x}}\n---\n{% include "voice" %}\n',
    "evals/reply.yaml": "target: prompts/reply\ndataset: none\n",
    "rag_configs/kb.yaml": "index: none\n",
}


def paths(*only: str) -> list[str]:
    return [each.path for each in validate(registry(FILES), only).findings]


def test_findings_of_reading_and_of_rules_come_sorted_by_place() -> None:
    report = validate(registry(FILES))
    assert [(each.path, each.code) for each in report.findings] == [
        ("evals/reply.yaml", "PC052"),
        ("prompts/answer.md", "PC040"),
        ("prompts/reply.md", "PC103"),
        ("rag_configs/kb.yaml", "PC052"),
    ]
    assert (report.files_count, report.artifacts_count) == (6, 5)
    assert (report.errors_count, report.warnings_count) == (3, 1)


def test_a_file_is_looked_at_with_everything_that_reaches_it() -> None:
    assert paths("partials/voice.md") == ["evals/reply.yaml", "prompts/reply.md"]
    assert paths("prompts/answer.md") == ["prompts/answer.md"]


def test_a_folder_means_its_files() -> None:
    assert paths("rag_configs/") == ["rag_configs/kb.yaml"]
    assert paths("./prompts") == ["evals/reply.yaml", "prompts/answer.md", "prompts/reply.md"]
    assert paths(".") == paths()


def test_a_path_where_there_is_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"prompts/replay\.md"):
        paths("prompts/replay.md")


def test_the_example_registry_of_this_repository_has_no_findings() -> None:
    report = validate(read(from_work_tree(Path(__file__).parents[3])))
    assert findings_text(report.findings) == ""
    assert report.artifacts_count >= 14
