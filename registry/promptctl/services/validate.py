"""All that is wrong with a registry, in one run, sorted by place."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptctl.errors import UsageError
from promptctl.model.checked import Checked, findings_from, findings_to
from promptctl.model.findings import Finding
from promptctl.store.files import PIPELINE

if TYPE_CHECKING:  # where nothing has changed, nothing of what reads files is loaded
    from promptctl.model.registry import Registry
    from promptctl.store.files import Source
    from promptctl.store.results import Results

_NOTHING = "[]"


@dataclass(frozen=True, slots=True)
class Report:
    """`findings` are sorted by place. The counts are of what was looked at, read or not."""

    findings: tuple[Finding, ...]
    files_count: int
    artifacts_count: int

    @property
    def errors_count(self) -> int:
        """Return how many findings stop a release."""
        return sum(each.severity == "error" for each in self.findings)

    @property
    def warnings_count(self) -> int:
        """Return how many findings are worth knowing only."""
        return len(self.findings) - self.errors_count


def validate(registry: Registry, only: Sequence[str] = ()) -> Report:
    """Return every finding of reading and of the rules.

    `only` are paths of files or folders in the registry: findings are then those of these files, and of the
    artifacts and suites that reach them. Raise `UsageError` for a path where there is nothing.
    """
    from promptctl.services.checking import check_all

    files = set(registry.sources)
    if only:
        named = {each.path: [ref.target for ref in each.references] for each in registry.artifacts.values()}
        files = _touched(only, files, registry.paths, named)
    findings = {*registry.findings, *check_all(registry, files)}
    return _report(findings, files, registry.paths, is_all=not only)


def validate_source(
    source: Source, only: Sequence[str] = (), *, results: Results | None = None, processors: int = 1
) -> Report:
    """Return what `validate` returns of the files of `source`, of which those are checked that differ from
    the ones that `results` knows, and what reaches them.
    """
    states = source.states()
    known: dict[str, Checked] = results.checked if results else {}
    stale = _stale(states, known)
    names = _names(states, known)
    checked = {path: each for path, each in known.items() if path not in stale}
    compared = results.compared if results else ""
    if stale:
        checked |= {each.path: each for each in _check(stale & states.keys(), source, names, processors)}
        if not compared or any(_seen(known.get(each)) != _seen(checked.get(each)) for each in stale):
            compared = findings_to(_compared(source, states, names, checked)) or _NOTHING
        if results:
            results.keep(stale, (_lasting(checked[path], names) for path in stale & states.keys()), compared)
    findings = {finding for each in checked.values() if each.found for finding in each.findings}
    findings.update(findings_from(compared))
    files = set(states)
    if only:
        files = _touched(only, files, names, {path: each.targets for path, each in checked.items()})
    return _report(findings, files, names, is_all=not only)


def _stale(states: Mapping[str, str], known: Mapping[str, Checked]) -> set[str]:
    """Return the files that are new, gone or not what they were, and all that reach one of these."""
    changed = {path for path, state in states.items() if path not in known or known[path].state != state}
    changed |= known.keys() - states.keys()
    if not changed or not known:
        return changed
    from promptctl.store.intake import address_in

    reached: set[str] = set()
    waiting = {known[path].address if path in known else address_in(path) for path in changed}
    while waiting:
        reached |= waiting
        # Of two files with one name, the other is read when the first is gone.
        users = [
            each
            for each in known.values()
            if each.address in waiting or (each.names and not waiting.isdisjoint(each.targets))
        ]
        changed.update(each.path for each in users)
        waiting = {each.address for each in users} - reached
    return changed


def _names(states: Mapping[str, str], known: dict[str, Checked]) -> dict[str, str]:
    """Return the file of every address; where two files have one, it is the first's."""
    if states.keys() == known.keys():
        return {each.address: each.path for each in reversed(known.values()) if each.address}
    from promptctl.store.intake import address_in, first_files

    return first_files((known[each].address if each in known else address_in(each), each) for each in states)


def _check(
    paths: Iterable[str], source: Source, names: Mapping[str, str], processors: int
) -> Sequence[Checked]:
    from promptctl.services.checking import check

    return check(sorted(paths), source, names, processors=processors)


def _seen(each: Checked | None) -> tuple[object, ...]:
    """Return what the rules see of a file that compare artifacts."""
    return (
        (each.is_read, each.gathered, each.state if each.path == PIPELINE else "") if each is not None else ()
    )


def _lasting(each: Checked, names: Mapping[str, str]) -> Checked:
    """Return what may be kept: without its state where any other name of the registry may change it, because
    a hint says which name is close to one that is missing.
    """
    return each if names.keys() >= set(each.targets) else each._replace(state="")


def _compared(
    source: Source, states: Mapping[str, str], names: Mapping[str, str], checked: Mapping[str, Checked]
) -> list[Finding]:
    from promptctl.checks.rule import Outline
    from promptctl.services.checking import compare
    from promptctl.store.intake import overlaps
    from promptctl.store.registry import read

    pipeline = read(source.load([PIPELINE] if PIPELINE in states else [])).pipeline
    unread = frozenset(address for address, path in names.items() if not checked[path].is_read)
    gathered: dict[str, dict[str, Any]] = defaultdict(dict)
    having = [each for each in checked.values() if each.gathered]
    for each, values in zip(
        having, json.loads(f"[{','.join(each.gathered for each in having)}]"), strict=True
    ):
        for code, value in values.items():
            gathered[code][each.address] = value
    outline = Outline(names, unread, pipeline, PIPELINE in states)
    return [*overlaps(states, names), *compare(outline, gathered)]


def _report(findings: set[Finding], files: set[str], names: Mapping[str, str], *, is_all: bool) -> Report:
    shown = sorted(each for each in findings if is_all or each.path in files)
    artifacts_count = len(names) if is_all else sum(path in files for path in names.values())
    return Report(tuple(shown), len(files), artifacts_count)


def _touched(
    only: Iterable[str], files: set[str], names: Mapping[str, str], named: Mapping[str, Iterable[str]]
) -> set[str]:
    """Return the files that are meant, and those of every artifact that reaches one of them."""
    meant: set[str] = set()
    for path in only:
        inside = {each for each in files if _is_in(each, path)}
        if not inside:
            raise UsageError(f"{path} is no file of the registry", hint="promptctl list")
        meant |= inside
    users: dict[str, set[str]] = defaultdict(set)
    for path, targets in named.items():
        for target in targets:
            users[names.get(target, "")].add(path)
    waiting = set(meant)
    while waiting:
        more = users[waiting.pop()] - meant
        meant |= more
        waiting |= more
    return meant


def _is_in(file: str, path: str) -> bool:
    path = path.removeprefix("./").rstrip("/")
    return path in ("", ".") or file == path or file.startswith(f"{path}/")
