"""What every runtime tries before it serves a release: its templates render with sample inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.bundle import Bundle
from promptctl.core.inputs import Inputs
from promptctl.core.kinds.inputs import Input
from promptctl.core.limits import PUBLISH, Limits
from promptctl.core.names import address_of
from promptctl.core.rendering import tried
from promptctl.core.samples import sample_inputs
from promptctl.core.template import Template, parse
from promptctl.core.trust import MisplacedError
from promptctl.errors import InputError, StoppedError, TemplateError
from promptctl.model.bundle import body, build
from promptctl.model.registry import Artifact, Registry

_RENDERED = ("rag_config", "context_template")
"""The artifacts of a bundle that shape its messages, beside the prompt itself."""
_SCALARS = frozenset(("string", "integer", "float", "boolean"))
_BYTES_OF_A_CHARACTER = 8
"""At most, in a bundle: a control character in quotes has an escape there whose backslash is escaped."""
_SAMPLE_LENGTH = 10
"""No sample of a scalar is longer, but for a default."""


def _find(artifact: Artifact, registry: Registry) -> Iterator[Problem]:
    try:
        if artifact.kind == "context_template":
            _try_layout(artifact)
        else:
            _try_prompt(artifact, registry)
    except MisplacedError:
        return  # its own rules say where
    except (TemplateError, InputError) as error:
        message = f"it does not render with sample inputs: {error.message}"
        yield at(artifact, (), message, error.hint or "guard the value: runtimes would refuse this")
    except StoppedError as error:
        yield at(artifact, (), error.message, error.hint)


def _try_layout(template: Artifact) -> None:
    """Lay out as many sample documents as a RAG config may leave."""
    inputs = body(template).get("inputs", {})
    samples = sample_inputs(inputs)
    if samples is not None:
        accept, render = Inputs(inputs).accept, template.templates[0].compile(PUBLISH)
        documents = samples.get("documents", [])
        for count in range(len(documents) + 1):
            render(accept({"documents": documents[:count]}))


def _try_prompt(prompt: Artifact, registry: Registry) -> None:
    named = {kind: getattr(prompt.value.uses, kind) for kind in _RENDERED}
    used = [registry.artifacts.get(address_of(kind, name)) for kind, name in named.items() if name]
    artifacts = [each for each in (prompt, *used) if each is not None]
    if len(artifacts) <= len(used):
        return  # one of them could not be read: it has the finding
    if not _cannot_fail(artifacts):
        parsed = {each.print(): each for artifact in artifacts for each in artifact.templates}
        parts = {each.address: body(each) for each in artifacts}

        def parse_again(text: str, *, limits: Limits) -> Template:
            return parsed.get(text) or parse(text, limits=limits)

        tried(Bundle(prompt.address, parts, ""), PUBLISH, parse_again)
    size = sum(template.size for artifact in artifacts for template in artifact.templates)
    if (
        size > PUBLISH.bundle_size_bytes // _BYTES_OF_A_CHARACTER
        or len(prompt.references) >= PUBLISH.artifacts_per_closure
    ):
        build(registry, prompt.address)  # most are nowhere near a limit, and need not be built


def _cannot_fail(artifacts: Sequence[Artifact]) -> bool:
    """Say whether there is nothing to try: the messages of most prompts only print a few short values."""
    prompt = artifacts[0]
    inputs = prompt.value.inputs
    if any(each.trust != "author" for artifact in artifacts for each in _inputs(artifact)):
        return False
    longest = max(
        (len(str(value)) for each in inputs.values() for value in (each.default, *each.enumValues)), default=0
    )
    size = sum(template.size for template in prompt.templates)
    scalars = {name for name, each in inputs.items() if each.kind in _SCALARS}
    return size * max(longest, _SAMPLE_LENGTH) < PUBLISH.rendered_size_bytes and all(
        template.prints_only(scalars) for template in prompt.templates
    )


def _inputs(artifact: Artifact) -> Iterable[Input]:
    return getattr(artifact.value, "inputs", {}).values()


RULE = Rule(
    "PC115",
    "templates render with sample inputs, as runtimes try before they serve a release",
    kinds=("prompt", "context_template"),
    find=_find,
)
