"""What a caller may leave out has a default, or `default` stands behind every use."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.model.document import Place
from promptctl.model.registry import Artifact, Registry


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    optional = {
        name
        for name, each in artifact.value.inputs.items()
        if not each.required and each.default is None and each.kind != "thread"
    }
    for template in artifact.templates:
        for name in template.names():
            if name.name in optional and not name.guarded:
                message = f"`{name.name}` may be missing: it is neither required nor has a default"
                hint = f'declare a default, or write {{{{ {name.path} | default("…") }}}}'
                yield Problem(artifact.path, Place(name.line, name.column), message, hint)


RULE = Rule(
    "PC102", "an input that may be missing has a default", kinds=("prompt", "context_template"), find=_find
)
