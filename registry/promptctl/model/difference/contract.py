"""The contract of a release: its inputs, outputs, tools and embedding, and what breaks it.

Design: releases.md, "Contract-aware versions". A broken contract is major, see `_breaks`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptctl.core.bundle import Bundle
from promptctl.core.versions import Bump
from promptctl.model.difference.change import Change
from promptctl.model.difference.contract_words import sentence
from promptctl.model.difference.steps import Step, differing, steps


def contract_of(bundle: Bundle) -> dict[str, Any]:
    """Return what callers and the index rely on, keyed by name so that order does not count."""
    body, artifacts = bundle.body, bundle.artifacts
    uses = body.get("uses", {})
    return {
        "inputs": body.get("inputs", {}),
        "context": artifacts.get(uses.get("context_template"), {}).get("inputs", {}),
        "outputs": _by_name(body.get("outputs", [])),
        "tools": _by_name(body.get("tools", [])),
        "embedding": _embedding(bundle),
    }


def contract_changes(before: Bundle, after: Bundle) -> Iterator[Change]:
    """Yield every change of the contract, by place; what seems to have got another name says so."""
    old, new = (contract_of(each) for each in (before, after))
    for part in differing(old, new):
        was, now = (_sets_as_maps(each[part]) for each in (old, new))
        renamed = _renamed(was, now) if part != "embedding" else {}
        if part == "embedding" and not (was and now):
            yield Change("major" if was else "minor", part, _whole_embedding(was, now), "contract")
            continue
        for step in steps(was, now):
            bump: Bump = "major" if _breaks(part, step) else "minor"
            what = sentence(part, step) + (_rename(step.path[0], renamed) if len(step.path) == 1 else "")
            yield Change(bump, f"{part}.{step.where}", what, "contract", texts=step.texts)
    yield from _orders(before, after)


def _renamed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """Return what is gone and came back in the same shape under another name, where only one name fits."""
    gone, come = ([*old.keys() - new.keys()], [*new.keys() - old.keys()])
    shapes: dict[str, tuple[list[str], list[str]]] = {}
    for side, names, values in ((0, gone, old), (1, come, new)):
        for name in names:
            shapes.setdefault(json.dumps(values[name], sort_keys=True), ([], []))[side].append(name)
    found = {was[0]: now[0] for was, now in shapes.values() if len(was) == len(now) == 1}
    return dict(sorted(found.items()))


def _rename(name: str, renamed: Mapping[str, str]) -> str:
    """Return what is added to the sentence of a name that seems to be another's now, or to have been."""
    before = {new: old for old, new in renamed.items()}
    if name in renamed:
        return f"; probably it is called {renamed[name]} now"
    return f"; probably it was called {before[name]}" if name in before else ""


def _embedding(bundle: Bundle) -> Mapping[str, Any]:
    """Return the embedding of the index that the root asks; of an index manifest its own."""
    body, artifacts = bundle.body, bundle.artifacts
    config = body if "index" in body else artifacts.get(body.get("uses", {}).get("rag_config"), {})
    manifest = body if "vector_store" in body else artifacts.get(config.get("index", ""), {})
    embedding = manifest.get("embedding", {})
    return {"provider": "", "model": "", "dimensions": 0, **embedding} if embedding else {}


def _whole_embedding(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    known = old or new
    words = f"{known['provider']} {known['model']}, {known['dimensions']} dimensions"
    return f"vectors of {words} are {'now used' if new else 'no longer used'}"


def _breaks(part: str, step: Step) -> bool:
    if part in ("inputs", "context"):
        return _narrows(step, _in_shape(step.path), nested=len(step.path) > 1)
    if part == "outputs":
        return _retypes(step, _in_shape(step.path))
    if part == "tools":
        return len(step.path) == 1 and step.new is None
    return bool(step.old)  # embedding: another index than the one that callers' vectors are in


def _in_shape(path: Sequence[str]) -> tuple[str, ...]:
    """Return where a step is in the innermost shape (input, output, property or item) that it leads to.

    Empty where it is about a whole input, output or property. Names are free, so only places tell a
    property called `required` from the field.
    """
    rest = path[1:]
    while len(rest) > 1 and rest[0] in ("items", "properties"):
        rest = rest[1:] if rest[0] == "items" else rest[2:]
    return tuple(rest)


def _narrows(step: Step, path: tuple[str, ...], *, nested: bool) -> bool:
    """Whether a call that was accepted before is refused now."""
    if not path:
        if step.new is None:
            return not nested  # an object may have more properties than are declared
        return bool(step.old is None and step.new.get("required"))
    match path:
        case ("required",):
            return bool(step.new)
        case ("kind",):
            return (step.old, step.new) != ("integer", "float")
        case ("enumValues",):
            return step.new is not None
        case ("enumValues", _):
            return step.new is None
        case ("items",):
            return step.new is not None
        case ("properties",):
            return any(each.get("required") for each in (step.new or {}).values())
        case ("default",):
            return step.new is None  # who left the input out relied on it
    return False


def _retypes(step: Step, path: tuple[str, ...]) -> bool:
    """Whether code that reads the output finds nothing there, or something of another type."""
    if not path:
        return step.new is None
    if path in (("required",), ("items",), ("properties",)):
        return step.new is None
    return path == ("kind",)


def _orders(before: Bundle, after: Bundle) -> Iterator[Change]:
    """Yield what stands in another order: outputs are answered, and tools offered, in theirs."""
    for part in ("outputs", "tools"):
        old, new = ([each["name"] for each in side.body.get(part, [])] for side in (before, after))
        kept = [name for name in new if name in set(old)]
        if kept != [name for name in old if name in set(new)]:
            what = f"the order of {part} is now {', '.join(new)}"
            yield Change("minor", part, what, "contract")


def _by_name(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {each["name"]: {key: value for key, value in each.items() if key != "name"} for each in entries}


def _sets_as_maps(value: Any) -> Any:
    """Turn `enumValues` into maps, so that another order of them is no difference."""
    if isinstance(value, dict):
        return {
            key: {json.dumps(item): True for item in each}
            if key == "enumValues" and isinstance(each, list)
            else _sets_as_maps(each)
            for key, each in value.items()
        }
    return value
