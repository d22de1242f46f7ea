"""Render: the messages of a prompt, made exactly as a runtime makes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from promptctl.checks.missing_suites import RULE as SUITES
from promptctl.core.names import Ref
from promptctl.core.options import openai_arguments
from promptctl.core.rendering import CompiledPrompt
from promptctl.errors import InputError, UsageError
from promptctl.model.findings import refusal
from promptctl.services.resolve import Resolved, resolve
from promptctl.services.validate import validate
from promptctl.services.workspace import Workspace

CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Given:
    """What a caller gives: `texts` as typed on a command line, `values` as JSON; a text wins over a value.

    `documents` are retrieved ones, best first: they become the input `context`.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    documents: Iterable[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """The messages (`role`, `content`), and the keyword arguments of a chat-completions call."""

    resolved: Resolved
    messages: list[dict[str, Any]]
    openai: dict[str, Any]


def render(workspace: Workspace, ref: Ref, given: Given) -> Rendered:
    """Return the messages. Raise `InputError` naming every input that is missing, or the first that does not
    fit; `StoppedError` where the files have findings.
    """
    if not ref.address.startswith("prompts/"):
        raise UsageError(f"{ref} has no messages", hint="prompts are rendered: promptctl render NAME")
    resolved = resolve(workspace, ref)
    _refuse_findings(resolved)
    bundle = resolved.bundle
    compiled = CompiledPrompt(bundle)
    values = _values(bundle.body, given)
    if given.documents is not None:
        values[CONTEXT] = compiled.context(given.documents)
    _refuse_missing(bundle.body, values)
    messages = compiled.messages(values)
    return Rendered(resolved, messages, openai_arguments(bundle.body, messages))


def _values(body: Mapping[str, Any], given: Given) -> dict[str, Any]:
    declared = body.get("inputs", {})
    typed = {name: _typed(name, text, declared.get(name, {})) for name, text in given.texts.items()}
    if given.documents is not None and CONTEXT in {*typed, *given.values}:
        raise UsageError("the context is given twice", hint="give --documents or the input, not both")
    return {**given.values, **typed}


def _typed(name: str, text: str, declared: Mapping[str, Any]) -> Any:
    """Return the value that a text means: itself, or JSON where the input is of another kind."""
    kind = declared.get("kind", "string")
    if kind == "string":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        example = _EXAMPLES[kind]
        raise InputError(
            f"input {name!r} is declared as {kind}, and {text!r} is not JSON",
            hint=f"--var '{name}={example}'",
        ) from None


_EXAMPLES = {
    "integer": "3",
    "float": "0.5",
    "boolean": "true",
    "array": '["a", "b"]',
    "object": '{"key": "value"}',
    "thread": '[{"role": "user", "content": "…"}]',
}


def _refuse_missing(body: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    required = [name for name, each in body.get("inputs", {}).items() if each.get("required")]
    missing = [name for name in required if name not in values]
    if not missing:
        return
    words = "input is" if len(missing) == 1 else "inputs are"
    by_documents = CONTEXT in missing and "context_template" in body.get("uses", {})
    ways = [f"--var {name}=…" for name in missing if not (by_documents and name == CONTEXT)]
    ways += ["--documents FILE"] if by_documents else []
    raise InputError(f"required {words} missing: {', '.join(missing)}", hint=" ".join(ways))


def _refuse_findings(resolved: Resolved) -> None:
    """What validate refuses is not rendered: it could not be released either. A suite may come later."""
    if resolved.registry is None:
        return
    paths = {resolved.registry.paths[each] for each in resolved.registry.closure(resolved.address)}
    findings = validate(resolved.registry, sorted(paths)).findings
    mine = [each for each in findings if each.path in paths and each.code != SUITES.code]
    if errors := [each for each in mine if each.severity == "error"]:
        raise refusal(errors)
