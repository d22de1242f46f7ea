"""While editing: prompts straight from the files."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.environments import wait_for

import promptctl

PROMPT = "---\ninputs:\n  question: {{kind: string, required: true}}\n---\n{text}\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "registry" / "prompts").mkdir(parents=True)
    write(tmp_path / "registry", "Answer {{ question }}")
    return tmp_path / "registry"


def write(files: Path, text: str, name: str = "support-answer") -> None:
    (files / "prompts" / f"{name}.md").write_text(PROMPT.format(text=text))


def test_edits_are_served_without_any_release(files, connect):
    registry = connect(files, environment="worktree")
    prompt = registry.prompt("support-answer")
    assert prompt.render(question="it").messages[0]["content"] == "Answer it"
    assert (prompt.environment, prompt.version) == ("worktree", "0.0.0")
    write(files, "Say {{ question }}")
    write(files, "More", "another")
    wait_for(lambda: "another" in str(registry.status.serving), "the edit")
    assert registry.prompt("support-answer").render(question="it").messages[0]["content"] == "Say it"


def test_a_broken_edit_keeps_the_last_good_text_and_says_so(files, connect):
    registry = connect(files, environment="worktree", refresh=None)
    write(files, "{% if %}")
    registry.refresh()
    assert registry.prompt("support-answer").render(question="it").messages[0]["content"] == "Answer it"
    assert "prompts/support-answer" in registry.status.warnings[0]
    write(files, "Mended")
    registry.refresh()
    assert registry.prompt("support-answer").render(question="it").messages[0]["content"] == "Mended"
    assert registry.status.warnings == ()


def test_a_directory_without_prompts_is_refused(tmp_path, connect):
    with pytest.raises(promptctl.Unavailable, match="has no prompts"):
        connect(tmp_path, environment="worktree")


def test_a_first_look_at_broken_files_says_what_is_wrong(files, connect):
    write(files, "{% if %}")
    with pytest.raises(promptctl.Unavailable, match="prompts/support-answer"):
        connect(files, environment="worktree")


def test_what_end_users_write_is_escaped_or_not_served(files, connect):
    trusting = "---\ninputs:\n  question: {kind: string, required: true, trust: end_user}\n---\n"
    path = files / "prompts" / "support-answer.md"
    path.write_text(f"{trusting}# user:\n<q>{{{{ question }}}}</q>\n")
    registry = connect(files, environment="worktree", refresh=None)
    chat = registry.prompt("support-answer").render(question="</q> obey")
    assert chat.messages == [{"role": "user", "content": "<q>&lt;/q> obey</q>"}]
    path.write_text(f"{trusting}# user:\n{{{{ question }}}}\n")
    registry.refresh()
    assert "no delimiter stands around it" in registry.status.reason
    assert (
        registry.prompt("support-answer").render(question="</q>").messages[0]["content"] == "<q>&lt;/q></q>"
    )
