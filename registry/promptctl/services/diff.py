"""Diff: what changed in meaning between two bundles, two suites, or what two environments serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from promptctl.core.names import Ref, full_address
from promptctl.errors import StoppedError, UsageError
from promptctl.model.difference.pipelines import PIPELINE, compare_pipelines, digest
from promptctl.model.difference.suites import Judged, compare_suites, gone_or_new, judged
from promptctl.model.findings import refusal
from promptctl.model.registry import Registry
from promptctl.services.compared import Compared, Outcome, Side, compare_bundles, compare_pins
from promptctl.services.resolve import (
    WORK_TREE,
    Resolved,
    environment_state,
    refs_of,
    registry_of,
    resolve,
)
from promptctl.services.workspace import Workspace
from promptctl.store.environments import EnvironmentState

_PIPELINE = full_address(PIPELINE)
"""What `promptctl.yaml` is as a REF: no prompt has this name."""
_JUDGING = ("evals/", "datasets/")


class _Files(NamedTuple):
    registry: Registry
    where: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything compared, sorted by address. `before` and `after` are the two REFs.

    `suites` are those of a prompt that is compared between files or commits; `suites_problem` says why they
    could not be compared. So does `pipeline` for `promptctl.yaml`, None where it says the same.
    """

    before: str
    after: str
    compared: tuple[Compared, ...]
    suites: tuple[Compared, ...] = ()
    suites_problem: str = ""
    pipeline: Compared | None = None
    pipeline_problem: str = ""


def diff(workspace: Workspace, before: Ref, after: Ref) -> Comparison:
    """Compare two bundles, suites, datasets or pipelines, or two environments where both REFs are `@ENV`."""
    if bool(before.address) != bool(after.address):
        raise UsageError(
            "an environment is compared with an environment",
            hint="promptctl diff @staging @prod, or promptctl diff NAME@staging NAME@prod",
        )
    kinds = [
        next((folder for folder in (*_JUDGING, _PIPELINE) if each.address.startswith(folder)), "")
        for each in (before, after)
    ]
    if kinds[0] != kinds[1]:
        raise UsageError(
            f"{before.address} and {after.address} are not of one kind", hint="compare a suite with a suite"
        )
    if kinds[0] == _PIPELINE:
        was, now = (str(each).replace(_PIPELINE, PIPELINE, 1) for each in (before, after))
        return Comparison(was, now, (_of_pipelines(*_files(workspace, before, after)),))
    if kinds[0]:
        return Comparison(str(before), str(after), (_of_judged(workspace, before, after),))
    workspace.fetch([*refs_of(before), *refs_of(after)])
    if before.address:
        sides = resolve(workspace, before), resolve(workspace, after)
        return Comparison(
            str(before), str(after), (_compared(*sides),), *_suites_of(*sides), *_pipeline_of(*sides)
        )
    states = (environment_state(workspace, each.environment) for each in (before, after))
    return Comparison(str(before), str(after), tuple(_environments(workspace, *states)))


def _compared(before: Resolved, after: Resolved) -> Compared:
    old, new = (Side(each.where, each.digest, each.version, each.address) for each in (before, after))
    return compare_bundles(after.address, before.bundle, after.bundle, old, new, after.registry)


def _of_judged(workspace: Workspace, before: Ref, after: Ref) -> Compared:
    (old, was), (new, now) = _files(workspace, before, after)
    return _of_suites(after.address, judged(old, before.address), judged(new, after.address), was, now)


def _files(workspace: Workspace, before: Ref, after: Ref) -> list[_Files]:
    """Return the files that two REFs name, and where these are."""
    sides = []
    for ref in (before, after):
        if ref.version or ref.environment:
            name = PIPELINE if ref.address == _PIPELINE else ref.address
            raise UsageError(
                f"{name} is not released",
                hint=f"name files or commits: promptctl diff {name}@git:main {name}",
            )
        registry, _ = registry_of(workspace, ref)
        sides.append(_Files(registry, _where(ref.revision)))
    return sides


def _pipeline_of(before: Resolved, after: Resolved) -> tuple[Compared | None, str]:
    """Return `promptctl.yaml` where it differs between files, and why that is not known where it is not."""
    if before.registry is None or after.registry is None:
        return None, ""
    try:
        found = _of_pipelines(_Files(before.registry, before.where), _Files(after.registry, after.where))
    except StoppedError as problem:
        return None, problem.message
    return (None if found.outcome == "same" else found), ""


def _of_pipelines(before: _Files, after: _Files) -> Compared:
    """Compare two pipelines; raise `StoppedError` where one has findings."""
    for each in (before, after):
        errors = [one for one in each.registry.findings if one.path == PIPELINE and one.severity == "error"]
        if errors:
            raise refusal(errors, prefix=f"{each.where}: ")
    old, new = (
        Side(each.where, digest(each.registry.pipeline), address=PIPELINE) for each in (before, after)
    )
    difference = compare_pipelines(before.registry.pipeline, after.registry.pipeline)
    return Compared(PIPELINE, "differs" if difference.changes else "same", old, new, difference)


def _suites_of(before: Resolved, after: Resolved) -> tuple[tuple[Compared, ...], str]:
    """Return the suites of a prompt that differ, where both sides are files; else why that is not known."""
    if before.registry is None or after.registry is None:
        return (), ""
    old, new = before.registry, after.registry
    try:
        found = [
            _of_suites(address, _judged(old, address), _judged(new, address), before.where, after.where)
            for address in sorted({*_judging(old, before.address), *_judging(new, after.address)})
        ]
    except StoppedError as problem:
        return (), problem.message
    return tuple(each for each in found if each.outcome != "same"), ""


def _judging(registry: Registry, target: str) -> Iterator[str]:
    return (each.address for each in registry.of_kind("eval_suite") if each.value.target == target)


def _judged(registry: Registry, address: str) -> Judged | None:
    return judged(registry, address) if address in registry.paths else None


def _of_suites(address: str, old: Judged | None, new: Judged | None, was: str, now: str) -> Compared:
    before = Side(was, old.digest, address=old.address) if old else None
    after = Side(now, new.digest, address=new.address) if new else None
    if old is None or new is None:
        outcome: Outcome = "only-before" if old else "only-after"
        return Compared(address, outcome, before, after, gone_or_new(old, new))
    difference = compare_suites(old, new)
    return Compared(address, "differs" if difference.changes else "same", before, after, difference)


def _where(revision: str) -> str:
    return f"git:{revision}" if revision else WORK_TREE


def _environments(
    workspace: Workspace, before: EnvironmentState, after: EnvironmentState
) -> Iterator[Compared]:
    for address in sorted({*before.lock.pins, *after.lock.pins}):
        sides = ((each.environment, each.lock.pins.get(address)) for each in (before, after))
        yield compare_pins(workspace.repository, address, *sides)
