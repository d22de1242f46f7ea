"""What every runtime tries before it serves a release: its templates render with sample inputs."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core import bundle as bundles
from promptctl.core.limits import PUBLISH
from promptctl.core.rendering import tried
from promptctl.errors import InputError, StoppedError, TemplateError
from promptctl.model.bundle import build
from promptctl.model.registry import Artifact, Registry


def _find(prompt: Artifact, registry: Registry) -> Iterator[Problem]:
    try:
        built = build(registry, prompt.address)
        tried(bundles.parse(built.content, digest=built.digest), PUBLISH)
    except (TemplateError, InputError) as error:
        message = f"it does not render with sample inputs: {error.message}"
        yield at(prompt, (), message, error.hint or "guard the value: runtimes would refuse this")
    except StoppedError:
        return  # other findings say what is wrong


RULE = Rule(
    "PC115",
    "a prompt renders with sample inputs, as runtimes try before they serve it",
    kinds=("prompt",),
    find=_find,
)
