"""Where an environment has an evals gate, every prompt that may get there has something that judges it."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.core.names import is_releasable
from promptctl.model.document import Place
from promptctl.model.registry import Registry


def _find(registry: Registry) -> Iterator[Problem]:
    gated = [each.name for each in registry.pipeline.environments if each.gates.evals is not None]
    unread = any(each.startswith("evals/") and each not in registry.artifacts for each in registry.paths)
    if not gated or unread:
        return
    judged = {each.value.target for each in registry.of_kind("eval_suite")}
    for address, path in registry.paths.items():
        if is_releasable(address) and address not in judged:
            message = f"no eval suite judges {address}, so it cannot pass the evals gate of {gated[0]}"
            hint = f"add {address.replace('prompts/', 'evals/', 1)}.yaml with target: {address}"
            yield Problem(path, Place(1, 1), message, hint)


RULE = Rule("PC109", "every prompt that meets an evals gate has a suite", _find)
