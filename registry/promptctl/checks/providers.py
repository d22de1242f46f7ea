"""Who answers in the experiments that decide is said once, and can be reached.

A provider that nobody declared would only fail on the day of a release. Those that are built in keep their
meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.characters import named
from promptctl.checks.rule import PipelineRule, Problem, in_document
from promptctl.core.suggest import did_you_mean
from promptctl.model.document import Document, shown
from promptctl.model.pipeline import BUILT_IN_PROVIDERS, Pipeline

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))


def _find(pipeline: Pipeline, document: Document) -> Iterator[Problem]:
    known = dict.fromkeys((*BUILT_IN_PROVIDERS, *pipeline.providers))
    for index, each in enumerate(pipeline.environments):
        evals = each.gates.evals
        if evals is not None and evals.provider is not None and evals.provider not in known:
            path = ("environments", index, "gates", "evals", "provider")
            message = f"there is no provider {evals.provider!r}"
            yield in_document(document, path, message, did_you_mean(evals.provider, known, "known"))
    for name, provider in pipeline.providers.items():
        if name in BUILT_IN_PROVIDERS:
            message = f"the provider {name!r} is built in"
            yield in_document(document, ("providers", name), message, "choose another name")
        if not provider.base_url.startswith(("https://", "http://")):
            message = "`base_url` must begin with https:// or http://"
            yield in_document(document, ("providers", name, "base_url"), message)
        elif provider.api_key_env and _is_overheard(provider.base_url):
            message = "a key is never sent over plain http"
            yield in_document(document, ("providers", name, "base_url"), message, "write an https address")
        for text, *key in ((name,), (provider.base_url, "base_url")):
            if not text.isascii():
                odd = next(each for each in text if not each.isascii())
                message = f"{shown(text)!r} is not ASCII: {named(odd)}"
                yield in_document(
                    document, ("providers", name, *key), message, "write ASCII; a host as xn--…"
                )


def _is_overheard(address: str) -> bool:
    """Say whether others on the way could read what is sent there."""
    host = re.match(r"http://(?:[^/?#]*@)?(\[[^]]*\]|[^/?#:]*)", address)
    return host is not None and host[1].lower() not in _LOOPBACK


RULE = PipelineRule(
    "PC073",
    "a provider is declared, once, with an address",
    "write the whole address, like https://api.example.com/v1",
    find=_find,
)
