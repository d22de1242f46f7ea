"""What the evals gate is told: suites of the default branch, recorded experiments, what serves."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.errors import RefusedError, StoppedError
from promptctl.gates import evals
from promptctl.gates.evals import Evidence
from promptctl.gates.result import Candidate, GateResult
from promptctl.model.people import person_of
from promptctl.model.pipeline import EvalsGate
from promptctl.model.suite import Suite, suites_of
from promptctl.model.visibility import invisible
from promptctl.services.gating.question import Question, Setting, candidate_of


def check(setting: Setting, settings: EvalsGate, question: Question) -> GateResult:
    """Decide by what was last fetched. Suites that cannot be read are inconclusive, with the place."""
    candidate = question.candidate
    try:
        suites = suites_of(setting.suites, candidate.address)
    except StoppedError as error:
        return GateResult("evals", candidate.address, "inconclusive", error.message, error.hint)
    return evals.check(
        candidate,
        baseline=_baseline(question),
        evidence=_gather(setting, settings, question, suites),
        settings=settings,
    )


def _gather(setting: Setting, settings: EvalsGate, question: Question, suites: tuple[Suite, ...]) -> Evidence:
    after, before = question.bundle, question.serving
    found = {each.digest: setting.evidence(each.root, each.digest) for each in (after, before) if each}
    return Evidence(
        suites=suites,
        experiments={digest: each.experiments for digest, each in found.items()},
        invisible={each.address: invisible(after, before, each.cases) if before else () for each in suites},
        now=setting.actor.now,
        unsound=tuple(words for each in found.values() for words in each.unsound),
        evaluators=setting.pipeline.evaluators,
        reviewed=_reviewed(setting, question) if settings.inconclusive == "review" else {},
    )


def _reviewed(setting: Setting, question: Question) -> Mapping[str, str]:
    """Return who approved on which experiment: nobody who wrote or promotes the release."""
    people = setting.pipeline.people
    try:
        wrote = setting.authors(question)
    except RefusedError:
        return {}
    involved = {person_of(each, people) for each in (*wrote, setting.actor.identity)}
    return {
        experiment: each.signer
        for each in question.approvals
        if person_of(each.signer, people) not in involved
        for experiment in each.statement.experiments
    }


def _baseline(question: Question) -> Candidate | None:
    if question.serving is None or question.pin is None:
        return None
    return candidate_of(
        question.serving, version=question.pin.version, environment=question.candidate.environment
    )
