"""What a release of some addresses needs of a registry: what they reach, and what others say about that.

The same findings as those of the whole registry, from a few files of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from promptctl.checks import missing_suites, shared_collections
from promptctl.checks.rule import Outline
from promptctl.core.names import FOLDERS
from promptctl.model.findings import Finding
from promptctl.model.registry import Artifact, Registry
from promptctl.services.checking import check_all, compare, findings_of
from promptctl.store.files import PIPELINE, Source
from promptctl.store.intake import names_of, overlaps
from promptctl.store.registry import read, read_part

_MANIFESTS = FOLDERS["index_manifest"] + "/"
_SUITES = FOLDERS["eval_suite"] + "/"


def read_closures(tree: Source, addresses: Sequence[str]) -> Registry:
    """Return the registry of a commit as far as these addresses reach, and its pipeline; without addresses
    all of it. Its `paths` are always those of all.
    """
    states = tree.states()
    if not addresses:
        return read(tree.load(states))
    names = names_of(states)
    wanted = [names[each] for each in addresses if each in names]
    return read_part([*wanted, *({PIPELINE} & states.keys())], names, tree.load).registry


def errors_of(tree: Source, registry: Registry, addresses: Collection[str]) -> list[Finding]:
    """Return every error that the files of these closures have in the registry of `tree`, sorted.

    `registry` is what `read_closures` returned for the addresses, or all.
    """
    closures = {each for address in addresses for each in registry.closure(address)}
    paths = {registry.paths[each] for each in closures}
    is_whole = registry.sources.keys() >= tree.states().keys()
    more = check_all(registry, paths) if is_whole else _found_in_part(tree, registry, addresses, closures)
    found = {*registry.findings, *overlaps(tree.states(), registry.paths), *more}
    return sorted(each for each in found if each.severity == "error" and each.path in paths)


def _found_in_part(
    tree: Source, registry: Registry, addresses: Collection[str], closures: Collection[str]
) -> Iterator[Finding]:
    wrong = {each.path for each in registry.findings if each.severity == "error"}
    for address in sorted(closures):
        artifact = registry.artifacts[address]
        yield from findings_of(artifact, registry, is_wrong=artifact.path in wrong)
    yield from _compared(tree, registry, addresses, closures)


def _compared(
    tree: Source, registry: Registry, addresses: Collection[str], closures: Collection[str]
) -> Iterator[Finding]:
    """Yield what the rules find that compare artifacts: of others they see those that can matter here."""
    others: dict[str, Artifact | None] = {}
    if any(each.startswith(_MANIFESTS) for each in closures):
        others |= _read(tree, registry, [each for each in registry.paths if each.startswith(_MANIFESTS)])
    if any(each.gates.evals is not None for each in registry.pipeline.environments):
        others |= _suites(tree, registry, addresses)
    gathered: dict[str, dict[str, Any]] = defaultdict(dict)
    for rule in (shared_collections.RULE, missing_suites.RULE):
        for address, artifact in sorted(others.items()):
            if artifact is not None and artifact.kind in rule.kinds and rule.gather:
                gathered[rule.code][address] = rule.gather(artifact)
    unread = frozenset(address for address, artifact in others.items() if artifact is None)
    has_pipeline = PIPELINE in registry.sources
    yield from compare(Outline(registry.paths, unread, registry.pipeline, has_pipeline), gathered)


def _suites(tree: Source, registry: Registry, addresses: Collection[str]) -> dict[str, Artifact | None]:
    """Return enough suites to know which of these prompts has none: those named like them, else all."""
    alike = [address.replace("prompts/", _SUITES, 1) for address in addresses]
    found = _read(tree, registry, [each for each in alike if each in registry.paths])
    judged = {each.value.target for each in found.values() if each is not None}
    if judged >= set(addresses):
        return found
    rest = [each for each in registry.paths if each.startswith(_SUITES) and each not in found]
    return found | _read(tree, registry, rest)


def _read(tree: Source, registry: Registry, addresses: Sequence[str]) -> dict[str, Artifact | None]:
    """Return artifacts by address, None for one that cannot be read."""
    part = read_part([registry.paths[each] for each in addresses], registry.paths, tree.load).registry
    return {each: part.artifacts.get(each) for each in addresses}
