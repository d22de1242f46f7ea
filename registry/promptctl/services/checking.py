"""Checking files one by one, each with all that it reaches: on several processors where that pays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any
from zlib import crc32

from promptctl.checks.catalogue import REGISTRY_RULES, RULES
from promptctl.checks.rule import Outline, Rule
from promptctl.checks.sample_inputs import RULE as RENDERS
from promptctl.model.checked import Checked, findings_to, gathered_to
from promptctl.model.findings import FINDINGS_PER_FILE, Finding, printable
from promptctl.model.registry import Artifact, Registry
from promptctl.services.processors import on_processors
from promptctl.store.files import PIPELINE, Source
from promptctl.store.intake import address_in
from promptctl.store.registry import Load, read_part

_DATASETS = "datasets/"
_WORTH_A_PROCESS = 400
"""A process more costs some ten milliseconds; so many files take a hundred."""


def findings_of(artifact: Artifact, registry: Registry, *, is_wrong: bool) -> list[Finding]:
    """Return what the rules find that look at one artifact and what it reaches.

    `is_wrong` says that reading found errors in its file: that it does not render is an echo of any error.
    """
    found = [
        rule.finding(each)
        for rule in _rules(artifact.kind)
        for each in islice(rule.find(artifact, registry), FINDINGS_PER_FILE)
    ]
    if is_wrong or any(each.severity == "error" for each in found):
        return found
    return [*found, *RENDERS.check(artifact, registry)]


@cache
def _rules(kind: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if kind in rule.kinds and rule is not RENDERS)


def check_all(registry: Registry, files: Collection[str]) -> Iterator[Finding]:
    """Yield what the rules find in a registry that was read whole; of single artifacts, those in `files`."""
    wrong = {each.path for each in registry.findings if each.severity == "error"}
    gathered: dict[str, dict[str, Any]] = defaultdict(dict)
    for artifact in registry.artifacts.values():
        if artifact.path in files:
            yield from findings_of(artifact, registry, is_wrong=artifact.path in wrong)
        for code, value in _gathered(artifact).items():
            gathered[code][artifact.address] = value
    unread = frozenset(registry.paths.keys() - registry.artifacts.keys())
    yield from compare(
        Outline(registry.paths, unread, registry.pipeline, PIPELINE in registry.sources), gathered
    )


def compare(outline: Outline, gathered: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield what the rules find that compare artifacts; `gathered` has by code and address what they need."""
    for rule in REGISTRY_RULES:
        yield from rule.check(outline, gathered.get(rule.code, {}))


def check(
    paths: Sequence[str], source: Source, names: Mapping[str, str], *, processors: int = 1
) -> list[Checked]:
    """Return what was found out about each of these files, sorted by path.

    `names` has the file of every address of the registry that `source` holds.
    """
    states = source.states()
    workers = max(1, min(processors, len(paths) // _WORTH_A_PROCESS))
    datasets = frozenset(each for each in paths if each.startswith(_DATASETS)) if workers > 1 else frozenset()

    def work(part: Sequence[str]) -> list[Checked]:
        return _check(part, datasets, states, names, source.load)

    # A dataset goes where a suite is that names it, so that it need not be read by two.
    others = [each for each in paths if each not in datasets]
    checked = {each.path: each for each in on_processors(work, _parts(others, workers))}
    unnamed = sorted(datasets - checked.keys())
    return sorted([*checked.values(), *work(unnamed)])


def _check(
    paths: Sequence[str],
    wanted: Collection[str],
    states: Mapping[str, str],
    names: Mapping[str, str],
    load: Load,
) -> list[Checked]:
    """Return what is found out about these files, and about those of `wanted` that they reach."""
    part = read_part(paths, names, load)
    registry = part.registry
    paths = [*dict.fromkeys((*paths, *(each for each in registry.sources if each in wanted)))]
    found = {path: set[Finding]() for path in paths}
    written = {printable(path): path for path in paths}
    for finding in registry.findings:
        if finding.path in written:
            found[written[finding.path]].add(finding)
    artifacts = {each.path: each for each in registry.artifacts.values() if each.path in found}
    for path, artifact in artifacts.items():
        is_wrong = any(each.severity == "error" for each in found[path])
        found[path].update(findings_of(artifact, registry, is_wrong=is_wrong))
    return [
        Checked(
            path=path,
            state=states[path],
            address=address_in(path),
            kind=artifacts[path].kind if path in artifacts else "",
            names="\n".join(sorted(part.named.get(path, ()))),
            found=findings_to(sorted(found[path])),
            gathered=gathered_to(_gathered(artifacts[path])) if path in artifacts else "",
        )
        for path in paths
    ]


def _gathered(artifact: Artifact) -> dict[str, Any]:
    """Return by code what the rules that compare artifacts need of this one."""
    return {code: gather(artifact) for code, gather in _gathering(artifact.kind)}


@cache
def _gathering(kind: str) -> tuple[tuple[str, Callable[[Artifact], Any]], ...]:
    return tuple((each.code, each.gather) for each in REGISTRY_RULES if each.gather and kind in each.kinds)


def _parts(paths: Sequence[str], count: int) -> list[list[str]]:
    """Divide files by their own names: a prompt, its suite and its dataset are often called the same."""
    parts: list[list[str]] = [[] for _ in range(count)]
    for path in paths:
        name = path.rpartition("/")[2].partition(".")[0]
        parts[crc32(name.encode("utf-8", "surrogateescape")) % count].append(path)
    return parts
