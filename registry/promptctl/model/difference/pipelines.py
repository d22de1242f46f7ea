"""Two states of `promptctl.yaml`: which gates ask for less than before, and who may do more.

What cannot be shown to be as strict counts as looser.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TypeVar

import rfc8785

from promptctl.core import durations
from promptctl.core.bundle import digest_of
from promptctl.core.written import counted
from promptctl.model.difference.change import Change, Difference
from promptctl.model.difference.policy_change import UNPROVEN, PolicyChange
from promptctl.model.people import same_for_all
from promptctl.model.pipeline import (
    ApprovalsGate,
    Environment,
    EvalsGate,
    FreezeWindow,
    Gates,
    Pipeline,
    PolicyLoosenedGate,
)

PIPELINE = "promptctl.yaml"

T = TypeVar("T")


def digest(pipeline: Pipeline) -> str:
    """Return what changes with everything that a pipeline says."""
    return digest_of(rfc8785.dumps(asdict(pipeline)))


def compare_pipelines(before: Pipeline, after: Pipeline) -> Difference:
    """Return what changed, environments first; where the files say the same, nothing."""
    if before == after:
        return Difference()
    found = [*_environments(before, after), *_people(before, after), *_roles(before, after)]
    found += _providers(before, after)
    found = found or [PolicyChange("", "things stand in another order")]
    return Difference(
        tuple(Change(None, f"{PIPELINE}: {each.path}", each.what, "pipeline", each.loosens) for each in found)
    )


def _environments(before: Pipeline, after: Pipeline) -> Iterator[PolicyChange]:
    old, new = ({each.name: each for each in side.environments} for side in (before, after))
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            yield PolicyChange(f"environments.{name}", f"{name}: the environment is gone")
        elif name not in old:
            yield PolicyChange(f"environments.{name}", f"{name}: the environment is new")
        else:
            yield from _environment(old[name], new[name])


def _environment(old: Environment, new: Environment) -> Iterator[PolicyChange]:
    name = new.name
    if old.after != new.after:
        if new.after is None:
            what = f"a release need no longer serve in {old.after} before"
        else:
            what = f"a release must serve in {new.after} before"
            what += f", in place of {old.after}: {UNPROVEN}" if old.after else ""
        yield PolicyChange(f"environments.{name}.after", f"{name}: {what}", loosens=old.after is not None)
    for path, words, loosens in _gates(old.gates, new.gates):
        yield PolicyChange(f"environments.{name}.gates.{path}", f"{name}: {words}", loosens)


_Gate = tuple[str, str, bool]
"""Path below `gates`, words, and whether it loosens."""


def _gates(old: Gates, new: Gates) -> Iterator[_Gate]:
    yield from _duration("soak", old.soak, new.soak, "soak", none="none", longer_is_stricter=True)
    yield from _set("evals", old.evals, new.evals)
    if old.evals and new.evals:
        yield from _evals(old.evals, new.evals)
    yield from _set("approvals", old.approvals, new.approvals)
    if old.approvals and new.approvals:
        yield from _approvals(old.approvals, new.approvals)
    yield from _set("signed", old.signed or None, new.signed or None)
    yield from _windows(old.freeze, new.freeze)
    yield from _set("policy_loosened", old.policy_loosened, new.policy_loosened)
    if old.policy_loosened and new.policy_loosened:
        yield from _policy_loosened(old.policy_loosened, new.policy_loosened)


def _set(gate: str, old: object, new: object) -> Iterator[_Gate]:
    if old is not None and new is None:
        yield gate, f"the gate {gate} is gone", True
    elif old is None and new is not None:
        yield gate, f"the gate {gate} is new", False


def _evals(old: EvalsGate, new: EvalsGate) -> Iterator[_Gate]:
    if old.margin != new.margin:
        what = f"a drop of {new.margin:g} may go unnoticed ({old.margin:g} before)"
        yield "evals.margin", what, new.margin > old.margin
    if old.provider != new.provider:
        sides = (each or "the model of the prompt" for each in (old.provider, new.provider))
        what = "experiments are answered by {1} in place of {0}".format(*sides)
        yield "evals.provider", f"{what}: {UNPROVEN}", True
    if old.replay != new.replay:
        yield "evals.replay", f"recorded answers are {new.replay}", new.replay == "allowed"
    words = "how old experiments may be"
    yield from _duration(
        "evals.max_age", old.max_age, new.max_age, words, none="no limit", longer_is_stricter=False
    )
    if old.inconclusive != new.inconclusive:
        what = "an approval unlocks INCONCLUSIVE" if new.inconclusive == "review" else "INCONCLUSIVE stops"
        yield "evals.inconclusive", what, new.inconclusive == "review"


def _approvals(old: ApprovalsGate, new: ApprovalsGate) -> Iterator[_Gate]:
    yield from _count("approvals.count", old.count, new.count)
    if old.not_author != new.not_author:
        may = "may not approve" if new.not_author else "may approve too"
        yield "approvals.not_author", f"who wrote or promotes it {may}", not new.not_author


def _policy_loosened(old: PolicyLoosenedGate, new: PolicyLoosenedGate) -> Iterator[_Gate]:
    yield from _count("policy_loosened.approvals", old.approvals, new.approvals)
    for group in _lost(new.groups, old.groups):
        yield "policy_loosened.from", f"{group} may approve what loosens", True
    for group in _lost(old.groups, new.groups):
        yield "policy_loosened.from", f"{group} may no longer approve what loosens", False


def _count(path: str, old: int, new: int) -> Iterator[_Gate]:
    if old != new:
        gate = path.partition(".")[0]
        yield path, f"{gate}: {counted(new, 'person')} must approve ({old} before)", new < old


def _duration(
    path: str, old: str | None, new: str | None, words: str, *, none: str, longer_is_stricter: bool
) -> Iterator[_Gate]:
    """Without `soak` none is asked, without `max_age` any age will do: that is looser than all others."""
    if old != new:
        loosest = 0 if longer_is_stricter else math.inf
        was, now = (durations.seconds(each) if each else loosest for each in (old, new))
        loosens = now < was if longer_is_stricter else now > was
        yield path, f"{words}: {new or none} ({old or none} before)", loosens


def _windows(old: Sequence[FreezeWindow], new: Sequence[FreezeWindow]) -> Iterator[_Gate]:
    for windows, word, loosens in ((_lost(old, new), "gone", True), (_lost(new, old), "new", False)):
        for each in windows:
            yield "freeze", f"the freeze {each.begin} to {each.end} ({each.timezone}) is {word}", loosens


def _people(before: Pipeline, after: Pipeline) -> Iterator[PolicyChange]:
    """Somebody's further identity can approve and waive; one that he loses may pass for another person."""
    for person in dict.fromkeys((*before.people, *after.people)):
        old, new = ([same_for_all(each) for each in side.people.get(person, ())] for side in (before, after))
        path = f"people.{person}"
        for each in _lost(new, old):
            # What a new person may do is marked where it is given to him.
            yield PolicyChange(path, f"{each} is now {person}", loosens=person in before.people)
        for each in _lost(old, new):
            what = f"{each} is no longer {person}"
            splits = len(set(old)) > 1
            yield PolicyChange(path, f"{what}: it counts as another person" if splits else what, splits)
    for group in after.groups:
        path = f"groups.{group}"
        for each in _lost(after.groups[group], before.groups.get(group, ())):
            yield PolicyChange(path, f"{each} is now in {group}", loosens=group in before.groups)
    for group in before.groups:
        for each in _lost(before.groups[group], after.groups.get(group, ())):
            yield PolicyChange(f"groups.{group}", f"{each} is no longer in {group}")


_ROLES = {
    "evaluators": "makes experiments that count",
    "promoters": "signs locks that runtimes trust",
    "waivers.allowed": "may waive gates",
    "release.branches": "has commits that may be released",
}


def _roles(before: Pipeline, after: Pipeline) -> Iterator[PolicyChange]:
    old, new = (_roles_of(each) for each in (before, after))
    for role, words in _ROLES.items():
        for each in _lost(new[role], old[role]):
            # The first evaluator ends that unsigned experiments count.
            yield PolicyChange(role, f"{each} now {words}", loosens=role != "evaluators" or bool(old[role]))
        for each in _lost(old[role], new[role]):
            yield PolicyChange(role, f"{each} no longer {words}")
    if old["evaluators"] and not new["evaluators"]:
        yield PolicyChange("evaluators", "experiments count that nobody signed", loosens=True)
    if old["promoters"] and not new["promoters"]:
        yield PolicyChange("promoters", f"no promoter is named any more: {UNPROVEN}", loosens=True)


def _roles_of(pipeline: Pipeline) -> Mapping[str, Sequence[str]]:
    return {
        "evaluators": pipeline.evaluators,
        "promoters": pipeline.promoters,
        "waivers.allowed": pipeline.waivers.allowed,
        "release.branches": pipeline.release.branches,
    }


def _providers(before: Pipeline, after: Pipeline) -> Iterator[PolicyChange]:
    for name in dict.fromkeys((*before.providers, *after.providers)):
        old, new = before.providers.get(name), after.providers.get(name)
        path = f"providers.{name}"
        if old is None or new is None:
            yield PolicyChange(path, f"the provider {name} is {'new' if old is None else 'gone'}")
        elif old.base_url != new.base_url:
            what = f"{name} answers at {new.base_url} in place of {old.base_url}: {UNPROVEN}"
            yield PolicyChange(f"{path}.base_url", what, loosens=True)
        elif old != new:
            yield PolicyChange(path, f"the provider {name} is called otherwise")


def _lost(these: Sequence[T], those: Sequence[T]) -> list[T]:
    """Return what stands on the first side only, each once."""
    return [each for each in dict.fromkeys(these) if each not in those]
