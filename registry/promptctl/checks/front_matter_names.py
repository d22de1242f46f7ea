"""A `name` that looks like an artifact's is that of its file.

The file's path is what counts. `name: Support answer` is for people; `name: support-answer` in another file
was left over when the file was copied.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.names import name_problem
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, _: Registry) -> Iterator[Problem]:
    name, own = prompt.value.name, prompt.address.removeprefix("prompts/")
    if not name or name_problem(name) or _plain(name) in (_plain(own), _plain(own.rpartition("/")[2])):
        return
    message = f"the file makes this {prompt.address}, and its front matter says {name!r}"
    yield at(prompt, ("name",), message, f"write name: {own}, or leave the key out")


def _plain(name: str) -> str:
    """Return a name as it is after `support_answer` was imported as `support-answer`."""
    return name.replace("_", "-").replace(".", "-")


RULE = Rule(
    "PC153",
    "a prompt's name is that of its file",
    severity="warning",
    kinds=("prompt",),
    find=_find,
)
