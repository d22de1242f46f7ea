"""Two states of an eval suite and its dataset: what is judged otherwise, and what less strictly.

Another question, passage or reference answer of a case is named and not marked: correcting them is daily
work, and a mark that comes daily is not read. What takes a judgement away is marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from promptctl.core.bundle import digest_of
from promptctl.core.kinds import load
from promptctl.core.kinds.eval_suite import Assertion, EvalSuite
from promptctl.core.names import address_of
from promptctl.core.written import counted
from promptctl.errors import StoppedError, UsageError
from promptctl.model.bundle import body
from promptctl.model.difference.change import Change, Difference
from promptctl.model.difference.policy_change import UNPROVEN
from promptctl.model.difference.steps import steps, written
from promptctl.model.findings import refusal
from promptctl.model.registry import Artifact, Registry

_NAMED = 5
"""So many cases with the same change are named, the others are counted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A suite with its dataset as they are written, or a dataset alone (`suite` is None).

    `cases` maps ids to the bodies of cases. `digest` changes with everything that is compared.
    """

    address: str
    suite: EvalSuite | None
    cases: Mapping[str, Mapping[str, Any]]
    digest: str


def judged(registry: Registry, address: str) -> Judged:
    """Return a suite or dataset of a registry.

    Raise `UsageError` where there is none at this address, `StoppedError` where it cannot be read.
    """
    artifact = _readable(registry, address)
    suite = artifact.value if isinstance(artifact.value, EvalSuite) else None
    dataset = _readable(registry, address_of("dataset", suite.dataset)) if suite else artifact
    cases = {each["id"]: each for each in body(dataset).get("cases", [])}
    plain = body(artifact) if suite else {}
    content = rfc8785.dumps({"suite": plain, "cases": [cases[each] for each in sorted(cases)]})
    return Judged(address, suite, cases, digest_of(content))


def _readable(registry: Registry, address: str) -> Artifact:
    if address not in registry.paths:
        raise UsageError(f"there is no {address}", hint="promptctl list")
    if address not in registry.artifacts:
        path = registry.paths[address]
        errors = [each for each in registry.findings if each.path == path]
        raise refusal(errors) if errors else StoppedError(f"{path} cannot be read", hint="promptctl validate")
    return registry.artifacts[address]


def compare_suites(before: Judged, after: Judged) -> Difference:
    """Return what changed, suite first, then cases by id."""
    if before.digest == after.digest:
        return Difference()
    changes: list[Change] = []
    if before.suite and after.suite:
        changes += _suite(after.address, before.suite, after.suite)
    primary = frozenset(each.suite.primary for each in (before, after) if each.suite)
    changes += _cases(after.address, before.cases, after.cases, primary)
    if not changes:
        changes = [Change(None, after.address, "it is written differently and judges the same", "suite")]
    return Difference(tuple(changes))


def gone_or_new(before: Judged | None, after: Judged | None) -> Difference:
    """Return the difference where there is a suite on one side only."""
    if after is None and before is not None:
        what = f"the suite is gone: its {counted(len(before.cases), 'case')} judge nothing any more"
        return Difference((Change(None, before.address, what, "suite", loosens=True),))
    if after is not None:
        what = f"the suite is new, with {counted(len(after.cases), 'case')}"
        return Difference((Change(None, after.address, what, "suite"),))
    return Difference()


def _suite(address: str, old: EvalSuite, new: EvalSuite) -> Iterator[Change]:
    def change(key: str, what: str, *, loosens: bool = False) -> Change:
        return Change(None, f"{address}: {key}", what, "suite", loosens)

    if old.target != new.target:
        yield change("target", f"it judges {new.target} in place of {old.target}", loosens=True)
    if old.dataset != new.dataset:
        yield change("dataset", f"its cases are those of {new.dataset} in place of {old.dataset}")
    if old.primary != new.primary:
        what = f"the gate looks at {new.primary} in place of {old.primary}: {UNPROVEN}"
        yield change("primary", what, loosens=True)
    if old.min_score != new.min_score:
        was, now = (0.0 if each is None else each for each in (old.min_score, new.min_score))
        sides = " → ".join("none" if each is None else f"{each:g}" for each in (old.min_score, new.min_score))
        yield change("min_score", f"the least score that passes: {sides}", loosens=now < was)
    if old.repeats != new.repeats:
        what = f"each case is asked {new.repeats}× in place of {old.repeats}×"
        yield change("repeats", what, loosens=new.repeats < old.repeats)
    primary = frozenset((old.primary, new.primary))
    yield from _assertions(f"{address}: assert", "", old.assertions, new.assertions, primary)


def _assertions(
    where: str, subject: str, old: Sequence[Assertion], new: Sequence[Assertion], primary: frozenset[str]
) -> Iterator[Change]:
    """Yield how the checks differ. `subject` says whose they are, with a colon; `primary` are the metrics
    that the gate looks at, all of them where it is empty.
    """

    def change(what: str, *, loosens: bool = False) -> Change:
        return Change(None, where, subject + what, "cases" if subject else "suite", loosens)

    come: dict[tuple[str, str, str], list[Assertion]] = {}
    for each in _lost(new, old):
        come.setdefault(_question(each), []).append(each)
    for was in _lost(old, new):
        if not come.get(_question(was)):
            yield change(f"the check “{_words(was)}” is gone", loosens=True)
            continue
        now = come[_question(was)].pop(0)
        if was.threshold != now.threshold:
            sides = f"{written(was.threshold)} → {written(now.threshold)}".replace("null", "none")
            what = f"the check “{_words(was)}”: threshold {sides}"
            yield change(what, loosens=_is_lower(was, now))
        if was.weight != now.weight:
            what = f"the check “{_words(was)}” weighs {now.weight:g} ({was.weight:g} before)"
            counts = not primary or was.metric in primary or now.weight == 0
            yield change(f"{what}: {UNPROVEN}" if counts else what, loosens=counts)
    for now in (each for group in come.values() for each in group):
        yield change(f"the check “{_words(now)}” is new")


def _lost(these: Sequence[Assertion], those: Sequence[Assertion]) -> list[Assertion]:
    """Return what has no equal on the other side; of equal ones that are too many, the last."""
    left = Counter(map(repr, those))
    lost = []
    for each in these:
        if left[repr(each)]:
            left[repr(each)] -= 1
        else:
            lost.append(each)
    return lost


def _question(assertion: Assertion) -> tuple[str, str, str]:
    return assertion.type, repr(assertion.value), assertion.metric


def _is_lower(old: Assertion, new: Assertion) -> bool:
    """Whether more answers may pass. A time is a limit from above, and `not-` turns either round."""
    if new.threshold is None or old.threshold is None:
        return True  # one score is graded, the other all or nothing
    base = old.type.removeprefix("not-")
    is_limit = (base == "latency") != old.type.startswith("not-")
    return new.threshold > old.threshold if is_limit else new.threshold < old.threshold


def _words(assertion: Assertion) -> str:
    value = "" if assertion.value is None else f" {written(assertion.value)}"
    metric = "" if assertion.metric == "pass" else f" ({assertion.metric})"
    return f"{assertion.type}{value}{metric}"


def _cases(
    address: str,
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    primary: frozenset[str],
) -> Iterator[Change]:
    gone, come = sorted({*before} - {*after}), sorted({*after} - {*before})
    both = sorted(each for each in {*before} & {*after} if before[each] != after[each])
    for ids, words, loosens in ((gone, "gone", True), (come, "new", False)):
        if ids:
            what = f"{_listed(ids)} {'is' if len(ids) == 1 else 'are'} {words}"
            yield Change(None, f"{address}: cases", what, "cases", loosens)
    passes: dict[bool, list[str]] = {False: [], True: []}
    for each in both:
        must = [bool(side[each].get("must_pass")) for side in (before, after)]
        if must[0] != must[1]:
            passes[must[1]].append(each)
    for now, ids in sorted(passes.items()):
        if ids:
            what = f"{_listed(ids)} {'must now pass' if now else 'need no longer pass'}"
            yield Change(None, f"{address}: cases.must_pass", what, "cases", loosens=not now)
    for each in both:
        yield from _case(address, each, before[each], after[each], primary)


def _case(
    address: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any], primary: frozenset[str]
) -> Iterator[Change]:
    was, now = (_by_document(side) for side in (old, new))
    orders = [list(side["documents"]) for side in (was, now)]
    kept = [[each for each in order if each in other] for order, other in (orders, orders[::-1])]
    if kept[0] != kept[1]:
        what = f"case {name}: its documents come in another order"
        yield Change(None, f"{address}: cases.{name}.documents", what, "cases")
    for step in steps(was, now):
        sides = " → ".join("not set" if each is None else written(each) for each in (step.old, step.new))
        what = f"case {name}: {step.where}: {'the text reads differently' if step.texts else sides}"
        yield Change(None, f"{address}: cases.{name}.{step.where}", what, "cases", texts=step.texts)
    checks = [load("dataset", {"cases": [side]}).cases[0].assertions for side in (old, new)]
    where = f"{address}: cases.{name}.assert"
    yield from _assertions(where, f"case {name}: ", checks[0], checks[1], primary)


def _by_document(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is asked in a case, its documents by id, so that only those that differ are said."""
    documents: dict[str, Any] = {}
    for each in case.get("documents", []):
        twin = sum(key.partition("#")[0] == each["id"] for key in documents)
        documents[f"{each['id']}#{twin + 1}" if twin else each["id"]] = each
    rest = {key: value for key, value in case.items() if key not in ("must_pass", "assertions")}
    return {**rest, "documents": documents}


def _listed(ids: Sequence[str]) -> str:
    named = ", ".join(ids[:_NAMED])
    if len(ids) == 1:
        return f"the case {named}"
    more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
    return f"{len(ids):,} cases ({named}{more})"
