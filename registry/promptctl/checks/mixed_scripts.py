"""A name that mixes scripts looks like another name.

`сrm.read` with a Cyrillic `с` is another tool than the one a reviewer reads, and is not the one that a policy
allows. A name keeps to one script; Chinese, Japanese and Korean may stand beside
Latin letters, as they do everywhere (https://www.unicode.org/reports/tr39/, "highly restrictive"). Names
of artifacts, inputs, environments, providers and hosts are ASCII by their own rules, and free text may mix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any
from unicodedata import name

from promptctl.checks.characters import named
from promptctl.checks.rule import Problem, Rule, at
from promptctl.core.names import FOLDERS
from promptctl.model.document import Path, shown
from promptctl.model.registry import Artifact, Registry

_NAMES = frozenset(
    ("name", "id", "provider", "model", "collection", "action", "scopes", "role", "env_var", "metric", "uri")
)
_FREE = frozenset(("metadata", "description", "default", "text", "messages"))
_TOGETHER = (
    frozenset(("LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC")),
    frozenset(("LATIN", "CJK", "BOPOMOFO")),
    frozenset(("LATIN", "CJK", "HANGUL")),
)


def _find(artifact: Artifact, registry: Registry) -> Iterator[Problem]:
    if registry.sources[artifact.path].isascii():
        return
    for path, text in _names(artifact.value, (), ""):
        odd = "" if text.isascii() else _odd_letter(text)
        if odd:
            yield at(artifact, path, f"the name {shown(text)!r} mixes scripts: {named(odd)}")


def _names(value: Any, path: Path, field: str) -> Iterator[tuple[Path, str]]:
    """Yield every name in a value with where it stands: keys of mappings, and fields that hold names."""
    if isinstance(value, str):
        if field in _NAMES:
            yield path, value
    elif isinstance(value, tuple | list):
        for index, each in enumerate(value):
            yield from _names(each, (*path, index), field)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield (*path, key), key
            yield from _names(each, (*path, key), "")
    elif is_dataclass(value):
        keys = {attribute: key for key, attribute in getattr(value, "KEYS", {}).items()}
        for each in fields(value):
            if each.name not in _FREE:
                here = (*path, keys.get(each.name, each.name))
                yield from _names(getattr(value, each.name), here, each.name)


def _odd_letter(text: str) -> str:
    """Return the first letter that does not go with those before it, or nothing."""
    seen: set[str] = set()
    for char in text:
        if char.isalpha():
            seen.add("LATIN" if char.isascii() else name(char, "UNKNOWN").partition(" ")[0])
            if len(seen) > 1 and not any(seen <= each for each in _TOGETHER):
                return char if not char.isascii() else next(each for each in text if not each.isascii())
    return ""


RULE = Rule(
    "PC084",
    "a name keeps to one script",
    "write it with the letters of one script",
    kinds=tuple(FOLDERS),
    find=_find,
)
