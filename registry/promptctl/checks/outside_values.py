"""Files never pull in the environment or other files: a pull request must not read the secrets of CI."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.model.document import Place
from promptctl.model.registry import Registry

_OUTSIDE = re.compile(rb"\$\{(?P<word>env|file):")


def _find(registry: Registry) -> Iterator[Problem]:
    for path, content in registry.sources.items():
        if b"${" not in content:
            continue
        for match in _OUTSIDE.finditer(_settings(path, content)):
            begin = content.rfind(b"\n", 0, match.start()) + 1
            column = len(content[begin : match.start()].decode("utf-8", "replace")) + 1
            place = Place(content.count(b"\n", 0, match.start()) + 1, column)
            word = match["word"].decode()
            yield Problem(
                path, place, f"${{{word}:…}} is never resolved", "write the value itself, without secrets"
            )


def _settings(path: str, content: bytes) -> bytes:
    """Return what is YAML in a file: all of it, or its front matter."""
    if path.endswith(".yaml"):
        return content
    if path.endswith((".md", ".prompty")) and content.startswith(b"---\n"):
        return content.partition(b"\n---\n")[0]
    return b""


RULE = Rule("PC105", "no value comes from the environment or another file", _find)
