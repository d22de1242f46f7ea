"""What shapes behaviour is named by a prompt, and a dataset by a suite; judges may wait for their suites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptctl.checks.rule import Outline, Problem, RegistryRule
from promptctl.core.names import FOLDERS, KINDS
from promptctl.model.document import Place
from promptctl.model.registry import Artifact

_HINTS = {
    "partial": '{{% include "{name}" %}} in a prompt',
    "context_template": "promptctl: {{context_template: {name}}} in a prompt",
    "rag_config": "promptctl: {{rag_config: {name}}} in a prompt",
    "index_manifest": "index: {name} in a RAG config that a prompt uses",
    "guardrail": "promptctl: {{guardrails: [{name}]}} in a prompt",
    "tool_policy": "promptctl: {{tool_policies: [{name}]}} in a prompt",
    "oversight_policy": "promptctl: {{oversight_policy: {name}}} in a prompt",
    "dataset": "dataset: {name} in a suite",
}


def _targets(artifact: Artifact) -> list[str]:
    return sorted({each.target for each in artifact.references})


def _find(outline: Outline, targets: Mapping[str, list[str]]) -> Iterator[Problem]:
    if outline.unread or not any(each.startswith("prompts/") for each in outline.paths):
        return  # who knows what the others name, or will name
    reached = _reached(outline, targets)
    misspelt = {each.partition("/")[0] for each in reached if each not in outline.paths}
    for address, path in outline.paths.items():
        folder, _, name = address.partition("/")
        if address not in reached and folder not in misspelt:
            user = "suite" if folder == "datasets" else "prompt"
            hint = f"write {_HINTS[KINDS[folder]].format(name=name)}, or remove the file"
            yield Problem(path, Place(1, 1), f"no {user} uses {address}", hint)


def _reached(outline: Outline, targets: Mapping[str, list[str]]) -> set[str]:
    """Return the prompts and suites, and all that they name, directly or not."""
    reached: set[str] = set()
    waiting = [each for each in outline.paths if each.startswith(("prompts/", "evals/"))]
    while waiting:
        address = waiting.pop()
        if address not in reached:
            reached.add(address)
            waiting += targets.get(address, ())
    return reached


RULE = RegistryRule(
    "PC155",
    "something uses what is written",
    severity="warning",
    kinds=tuple(FOLDERS),
    gather=_targets,
    find=_find,
)
