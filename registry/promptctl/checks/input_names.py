"""Templates can name every input."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.model.registry import Artifact, Registry

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = ("and", "or", "not", "in", "is", "if", "else", "loop")
_VALUES = ("true", "false", "none", "null", "True", "False", "None")
_RESERVED = frozenset((*_WORDS, *_VALUES))


def _find(artifact: Artifact, _: Registry) -> Iterator[Problem]:
    for name in artifact.value.inputs:
        if name in _RESERVED:
            yield at(artifact, ("inputs", name), f"`{name}` is a word of the template language")
        elif _NAME.fullmatch(name) is None:
            message = f"the input {name!r} cannot be named in a template"
            yield at(artifact, ("inputs", name), message)


RULE = Rule(
    "PC106",
    "an input has a name that templates can use",
    "use letters, digits and _",
    kinds=("prompt", "context_template"),
    find=_find,
)
