"""A judge must not stand under the guardrail that asks it.

Its answer would be judged by itself, again and again, and a verdict about it would depend on itself. Each
circle is named once, with its whole way.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.checks.rule import Problem, Rule
from promptctl.model.registry import Artifact, Reference, Registry


def _find(guardrail: Artifact, registry: Registry) -> Iterator[Problem]:
    way = _way_back(guardrail, registry)
    if way is None:
        return
    addresses = [guardrail.address, *(each.target for each in way)]
    if guardrail.address == min(each for each in addresses if each.startswith("guardrails/")):
        message = f"it judges itself: {' → '.join(addresses)}"
        yield Problem(guardrail.path, way[0].place, message)


def _way_back(start: Artifact, registry: Registry) -> list[Reference] | None:
    """Return the references of the shortest way from an artifact to itself."""
    came_by: dict[str, tuple[str, Reference]] = {}
    waiting = [start.address]
    for address in waiting:  # it grows while it is walked
        artifact = registry.artifacts.get(address)
        for reference in artifact.references if artifact else ():
            if reference.target in came_by:
                continue
            came_by[reference.target] = address, reference
            if reference.target == start.address:
                return _walked(start.address, came_by)
            waiting.append(reference.target)
    return None


def _walked(end: str, came_by: dict[str, tuple[str, Reference]]) -> list[Reference]:
    address, reference = came_by[end]
    way = [reference]
    while address != end:
        address, reference = came_by[address]
        way.append(reference)
    return way[::-1]


RULE = Rule(
    "PC076",
    "no guardrail is asked about its own judge",
    "give the judge other guardrails, or none",
    kinds=("guardrail",),
    find=_find,
)
