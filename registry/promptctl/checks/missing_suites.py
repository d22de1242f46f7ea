"""Where an environment has an evals gate, every prompt that may get there has something that judges it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptctl.checks.rule import Outline, Problem, RegistryRule
from promptctl.core.names import is_releasable
from promptctl.model.document import Place
from promptctl.model.registry import Artifact


def _find(outline: Outline, targets: Mapping[str, str]) -> Iterator[Problem]:
    gated = [each.name for each in outline.pipeline.environments if each.gates.evals is not None]
    if not gated or any(each.startswith("evals/") for each in outline.unread):
        return
    judged = set(targets.values())
    for address, path in outline.paths.items():
        if is_releasable(address) and address not in judged:
            message = f"no eval suite judges {address}, so it cannot pass the evals gate of {gated[0]}"
            suite = address.replace("prompts/", "evals/", 1)
            hint = f"add {suite}.yaml with `target: {address}`, a `dataset` of cases, and what to `assert`"
            yield Problem(path, Place(1, 1), message, hint)


def _target(suite: Artifact) -> str:
    return str(suite.value.target)


RULE = RegistryRule(
    "PC109",
    "every prompt that meets an evals gate has a suite",
    kinds=("eval_suite",),
    gather=_target,
    find=_find,
)
