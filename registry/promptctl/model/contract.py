"""What changed between two releases, and the bump it asks for.

The contract is what the calling code and the index rely on: inputs, documents, outputs, tools, embedding.
A broken contract is major, see `_breaks`; anything that is not a change of
the contract is minor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptctl.core.bundle import Bundle
from promptctl.core.versions import Bump


@dataclass(frozen=True, slots=True)
class Change:
    """One change of meaning: where (`prompts/x: inputs.question`), what, and the bump it implies."""

    bump: Bump
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes from one bundle to another, those of the contract first. None at all: equal behaviour."""

    contract: tuple[Change, ...]
    behaviour: tuple[Change, ...]

    @property
    def bump(self) -> Bump | None:
        """Return the implied bump, None where nothing changed."""
        changes = (*self.contract, *self.behaviour)
        if not changes:
            return None
        return "major" if any(each.bump == "major" for each in changes) else "minor"


def compare(before: Bundle, after: Bundle) -> Difference:
    """Return what changed from one bundle to the other."""
    if before.digest == after.digest:
        return Difference((), ())
    contract = tuple(_contract_changes(before, after))
    behaviour = tuple(_behaviour_changes(before.artifacts, after.artifacts))
    if not contract and not behaviour:  # maps above lose the order of outputs, tools and enum values
        behaviour = (Change("minor", after.root, "the order of outputs, tools or enum values"),)
    return Difference(contract, behaviour)


def contract_of(bundle: Bundle) -> dict[str, Any]:
    """Return what callers and the index rely on, keyed by name so that order does not count."""
    body, artifacts = bundle.body, bundle.artifacts
    uses = body.get("uses", {})
    rag_config = artifacts.get(uses.get("rag_config"), {})
    embedding = artifacts.get(rag_config.get("index"), {}).get("embedding", {})
    return {
        "inputs": body.get("inputs", {}),
        "context": artifacts.get(uses.get("context_template"), {}).get("inputs", {}),
        "outputs": _by_name(body.get("outputs", [])),
        "tools": _by_name(body.get("tools", [])),
        "embedding": {"provider": "", "model": "", "dimensions": 0, **embedding} if embedding else {},
    }


@dataclass(frozen=True, slots=True)
class _Step:
    """One difference that deepdiff found: `path` leads to it, None stands for absence."""

    path: tuple[str | int, ...]
    old: Any
    new: Any

    @property
    def where(self) -> str:
        return ".".join(map(str, self.path))


def _steps(old: Any, new: Any) -> Iterator[_Step]:
    from deepdiff import DeepDiff
    from deepdiff.helper import notpresent

    # Without the threshold, maps that have few keys in common would be one change of the whole map.
    found = DeepDiff(
        old,
        new,
        view="tree",
        ignore_numeric_type_changes=True,
        threshold_to_diff_deeper=0,
        verbose_level=2,
    )
    for changes in found.values():
        for each in changes:
            values = (None if side is notpresent else side for side in (each.t1, each.t2))
            yield _Step(tuple(each.path(output_format="list")), *values)


def _contract_changes(before: Bundle, after: Bundle) -> Iterator[Change]:
    old, new = (_sets_as_maps(contract_of(each)) for each in (before, after))
    for step in sorted(_steps(old, new), key=lambda each: each.where):
        bump: Bump = "major" if _breaks(step) else "minor"
        yield Change(bump, step.where, _words(step))


def _breaks(step: _Step) -> bool:
    part, *path = step.path
    if part in ("inputs", "context"):
        return _narrows(step, _in_shape(path), nested=len(path) > 1)
    if part == "outputs":
        return _retypes(step, _in_shape(path))
    if part == "tools":
        return len(path) == 1 and step.new is None
    return bool(step.old)  # embedding: another index than the one that callers' vectors are in


def _in_shape(path: Sequence[str | int]) -> tuple[str | int, ...]:
    """Return where a step is in the innermost shape (input, output, property or item) that it leads to.

    Empty where it is about a whole input, output or property. Names are free, so only places tell a
    property called `required` from the field.
    """
    rest = path[1:]
    while len(rest) > 1 and rest[0] in ("items", "properties"):
        rest = rest[1:] if rest[0] == "items" else rest[2:]
    return tuple(rest)


def _narrows(step: _Step, path: tuple[str | int, ...], *, nested: bool) -> bool:
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


def _retypes(step: _Step, path: tuple[str | int, ...]) -> bool:
    """Whether code that reads the output finds nothing there, or something of another type."""
    if not path:
        return step.new is None
    if path in (("required",), ("items",), ("properties",)):
        return step.new is None
    return path == ("kind",)


def _behaviour_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for address in sorted({*before, *after}):
        old, new = before.get(address), after.get(address)
        if old is None or new is None:
            yield Change("minor", address, "added" if old is None else "removed")
            continue
        for step in sorted(
            _steps(_without_contract(old), _without_contract(new)), key=lambda each: each.where
        ):
            yield Change("minor", f"{address}: {step.where}", _words(step))


def _without_contract(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the contract's changes say of prompts, context templates and index manifests."""
    said: tuple[str, ...] = ()
    if "messages" in body or "text" in body:
        said = ("inputs", "outputs", "tools")
    elif "vector_store" in body:
        said = ("embedding",)
    return {key: value for key, value in body.items() if key not in said}


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


def _words(step: _Step) -> str:
    if step.path[-1] == "text":
        return "text changed"
    if step.old is None:
        return f"added: {_short(step.new)}"
    if step.new is None:
        return f"removed: {_short(step.old)}"
    return f"{_short(step.old)} → {_short(step.new)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
