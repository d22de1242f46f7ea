"""A suite can ask the provider of the prompt that it judges.

A warning: `--provider` names another one, and prompts from elsewhere name the provider of their first home.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptctl.checks.rule import Outline, Problem, RegistryRule
from promptctl.core.suggest import nearest
from promptctl.model.document import Place
from promptctl.model.pipeline import BUILT_IN_PROVIDERS
from promptctl.model.registry import Artifact

_ADDRESSES = {"openai": "https://api.openai.com/v1", "ollama": "http://localhost:11434/v1"}


def _gathered(artifact: Artifact) -> Any:
    if artifact.kind == "eval_suite":
        return {"target": artifact.value.target}
    model = artifact.value.model
    provider = model.provider if model is not None else ""
    return {"provider": provider, "place": [*artifact.place(("model", "provider"))]}


def _find(outline: Outline, gathered: Mapping[str, Any]) -> Iterator[Problem]:
    if not outline.pipeline.environments:  # it is missing or wrong, which is a finding of its own
        return
    known = (*BUILT_IN_PROVIDERS, *outline.pipeline.providers)
    targets = dict.fromkeys(each["target"] for each in gathered.values() if "target" in each)
    for address in targets:
        prompt = gathered.get(address, {})
        provider = prompt.get("provider", "")
        if provider and provider not in known:
            message = f"promptctl.yaml has no provider {provider!r}, so suites cannot ask it"
            yield Problem(outline.paths[address], Place(*prompt["place"]), message, _hint(provider, known))


def _hint(provider: str, known: tuple[str, ...]) -> str:
    close = nearest(provider, known)
    settings = f'base_url: "{_ADDRESSES.get(provider, "https://…/v1")}"'
    if provider not in _ADDRESSES or provider == "openai":
        settings += f", api_key_env: {_variable(provider)}_API_KEY"
    add = f"add there: providers: {{{provider}: {{{settings}}}}}"
    return f"did you mean {close}? Otherwise {add}" if close else add


def _variable(provider: str) -> str:
    return "".join(each if each.isalnum() else "_" for each in provider.upper())


RULE = RegistryRule(
    "PC152",
    "promptctl.yaml declares the provider of a prompt that a suite judges",
    severity="warning",
    kinds=("prompt", "eval_suite"),
    gather=_gathered,
    find=_find,
)
