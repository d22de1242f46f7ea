"""Changed settings, old → new by key, and changed dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

from promptctl.core.bundle import Bundle
from promptctl.core.kinds import load
from promptctl.core.names import KINDS, short_name
from promptctl.model.difference.change import Change, Section
from promptctl.model.difference.counterparts import counterparts
from promptctl.model.difference.policies import KEYS
from promptctl.model.difference.steps import Step, differing, steps, written

_SAID_ELSEWHERE = {
    "prompt": {"inputs", "outputs", "tools", "messages", "uses"},
    "context_template": {"inputs", "text"},
    "index_manifest": {"embedding"},
    "rag_config": {"index"},
}
_BUILD = frozenset({"vector_store", "source"})
"""Which build of an index it is, rather than how it was made."""
_NAMES = {
    "rag_config": "the RAG config",
    "context_template": "the context template",
    "index": "the index manifest",
}


def setting_changes(before: Bundle, after: Bundle) -> Iterator[Change]:
    """Yield the settings that differ of what has a counterpart, the root first, policies left out."""
    pairs = sorted(counterparts(before, after), key=lambda pair: pair[1] != after.root)
    for address, other in pairs:
        kind = KINDS[address.partition("/")[0]]
        old, new = before.artifacts[address], after.artifacts[other]
        if old != new and kind not in KEYS.values():
            yield from _of_artifact(kind, other, old, new)


def _of_artifact(kind: str, address: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    left_out = _SAID_ELSEWHERE.get(kind, set())
    keys = [each for each in differing(dict(old), dict(new)) if each not in left_out]
    was, now = ({key: body[key] for key in keys if key in body} for body in (old, new))
    if not keys:
        return
    typed = [load(kind, _typable(body)) for body in (old, new)]
    was, now = _opened(was, now, typed[0]), _opened(now, was, typed[1])
    for step in steps(was, now):
        section: Section = "dependencies" if step.path[0] in _BUILD else "settings"
        what = " → ".join(
            _side(value, body, step) for value, body in zip((step.old, step.new), typed, strict=True)
        )
        what = "the text reads differently" if step.texts else what
        yield Change("minor", f"{address}: {step.where}", what, section, texts=step.texts)


def _opened(body: Mapping[str, Any], other: Mapping[str, Any], typed: Any) -> dict[str, Any]:
    """Put an empty map where a body leaves a group of settings at its defaults and the other does not."""
    opened = dict(body)
    for key in {*body, *other}:
        inner = getattr(typed, key, None)
        if is_dataclass(inner):
            opened[key] = _opened(body.get(key) or {}, other.get(key) or {}, inner)
    return opened


def _typable(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is large and looked at elsewhere."""
    return {key: value for key, value in body.items() if key not in ("messages", "text", "outputs")}


def _side(value: Any, typed: Any, step: Step) -> str:
    if value is not None:
        return written(value)
    for name in step.path:
        typed = getattr(typed, name, None)
    return "not set" if typed in (None, (), {}, "") else f"{written(typed)} (the default)"


def dependency_changes(before: Bundle, after: Bundle) -> Iterator[Change]:
    """Yield what the root uses now and did not before, and what comes or goes with that."""
    said = {before.root, after.root}
    for key in ("rag_config", "context_template"):
        old, new = (each.body.get("uses", {}).get(key, "") for each in (before, after))
        said |= {old, new}
        yield from _named(f"{after.root}: uses.{key}", _NAMES[key], old, new)
    for address, other in counterparts(before, after):
        old, new = (before.artifacts[address].get("index", ""), after.artifacts[other].get("index", ""))
        said |= {old, new}
        yield from _named(f"{other}: index", _NAMES["index"], old, new)
    yield from _closure(_others(before, said), _others(after, said))


def _others(bundle: Bundle, said: set[str]) -> list[str]:
    """Return what is used indirectly; policies, which nothing else names, are said among policies."""
    policies = KEYS.values()
    return [
        each
        for each in bundle.artifacts
        if each not in said and KINDS[each.partition("/")[0]] not in policies
    ]


def _closure(before: Iterable[str], after: Iterable[str]) -> Iterator[Change]:
    old, new = set(before), set(after)
    for address in sorted(old ^ new):
        what = "is now part of it" if address in new else "is no longer part of it"
        yield Change("minor", address, what, "dependencies")


def _named(where: str, noun: str, old: str, new: str) -> Iterator[Change]:
    if old == new:
        return
    if not new:
        what = f"{noun} {short_name(old)} is no longer used"
    elif not old:
        what = f"{noun} {short_name(new)} is now used"
    else:
        what = f"{noun} {short_name(new)} is used in place of {short_name(old)}"
    yield Change("minor", where, what, "dependencies")
