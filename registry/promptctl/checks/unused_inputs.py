"""Every declared input is used somewhere in the body."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    used = _used(artifact)
    for name in artifact.value.inputs:
        if name not in used:
            message = f"the input `{name}` is declared and never used"
            yield at(artifact, ("inputs", name), message, _hint(artifact, name))


def _hint(artifact: Artifact, name: str) -> str:
    """Where other tools' single braces stand round the name, say what fills it in here."""
    single = f"{{{name}}}"
    texts = [each.text for each in artifact.value.messages] if artifact.kind == "prompt" else []
    is_single = any(single in each for each in texts)
    return f"write {{{{ {name} }}}}, with two braces, in place of {single}" if is_single else ""


def _used(artifact: Artifact) -> set[str]:
    names = {name.name for template in artifact.templates for name in template.names()}
    if artifact.kind == "prompt":
        names |= {each.thread for each in artifact.value.messages if each.thread}
    return names


RULE = Rule(
    "PC103",
    "a declared input is used",
    "use it in the body, or remove it",
    "warning",
    kinds=("prompt", "context_template"),
    find=_find,
)
