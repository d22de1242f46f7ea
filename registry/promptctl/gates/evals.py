"""The `evals` gate: by every suite, the candidate is as good as what serves. Nothing missing ever passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from promptctl.core import durations
from promptctl.core.limits import CLOCK_SKEW_S
from promptctl.core.names import short_name
from promptctl.core.verdict import Verdict, judge
from promptctl.core.written import short
from promptctl.gates.result import Candidate, GateResult, Outcome
from promptctl.model.evidence import HARNESS, Experiment, Recorded, is_same_model
from promptctl.model.pipeline import EvalsGate
from promptctl.model.suite import Suite, case_scores

_OUTCOMES: Mapping[str, Outcome] = {"PASS": "pass", "FAIL": "fail", "INCONCLUSIVE": "inconclusive"}
_REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known when the gate decides.

    `suites` are all those of the default branch's head that target the address. `experiments` are by digest.
    `invisible` names, by suite, the changes of retrieval that its cases cannot show. `unsound` says which
    statements could not be used. `evaluators` are those whose signature an experiment needs; without any,
    unsigned ones count. `reviewed` names who approved on an experiment, by its hash.
    """

    suites: Sequence[Suite]
    experiments: Mapping[str, Sequence[Recorded]]
    invisible: Mapping[str, Sequence[str]]
    now: datetime
    unsound: Sequence[str] = ()
    evaluators: Sequence[str] = ()
    reviewed: Mapping[str, str] = field(default_factory=dict)


def check(
    candidate: Candidate, *, baseline: Candidate | None, evidence: Evidence, settings: EvalsGate
) -> GateResult:
    """Decide for one candidate against what serves (None: nothing yet)."""
    if baseline is not None and baseline.digest == candidate.digest:
        return _result(candidate, "pass", f"{baseline.version} serves already, with this digest")
    if not evidence.suites:
        name = _name(candidate)
        return _result(
            candidate,
            "inconclusive",
            "no suite on the default branch judges it",
            hint=f"add evals/{name}.yaml with `target: {candidate.address}`, and merge it",
        )
    rulings = [_rule(suite, candidate, baseline, evidence, settings) for suite in evidence.suites]
    worst = max((each.outcome for each in rulings), key=("pass", "inconclusive", "fail").index)
    return _result(
        candidate,
        worst,
        "\n".join(each.reason for each in rulings),
        hint=next((each.hint for each in rulings if each.hint), ""),
        evidence=tuple(dict.fromkeys(name for each in rulings for name in each.evidence)),
    )


@dataclass(frozen=True, slots=True)
class _Ruling:
    """What one suite says."""

    outcome: Outcome
    reason: str
    hint: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why no experiment of a side counts, and what helps where another one would not."""

    reason: str
    hint: str = ""


def _rule(
    suite: Suite, candidate: Candidate, baseline: Candidate | None, evidence: Evidence, settings: EvalsGate
) -> _Ruling:
    sides = [candidate] if baseline is None else [candidate, baseline]
    chosen = [_choose(evidence, suite, side, settings) for side in sides]
    found = [each for each in chosen if isinstance(each, Recorded)]
    names = tuple(each.sha256 for each in found)
    missing = [(side, each) for side, each in zip(sides, chosen, strict=True) if isinstance(each, _Missing)]
    if missing:
        reasons = "; ".join(f"{_name(side)} {side.version}: {each.reason}" for side, each in missing)
        reason = "\n".join([f"{suite.address}: {reasons}", *evidence.unsound])
        command = _eval_command(candidate, baseline, settings) + _signing(evidence)
        return _Ruling(
            "inconclusive", reason, next((each.hint for _, each in missing if each.hint), command), names
        )
    scores = [case_scores(each.experiment, suite) for each in found]
    verdict = judge(
        scores[0],
        None if baseline is None else scores[1],
        margin=settings.margin,
        min_score=suite.min_score,
        invisible=evidence.invisible.get(suite.address, ()),
    )
    lines = _lines(suite, verdict, candidate.environment, found)
    reviewer = evidence.reviewed.get(names[0], "") if settings.inconclusive == "review" else ""
    if verdict.result == "INCONCLUSIVE" and reviewer:
        return _Ruling("pass", "\n".join((*lines, f"reviewed and approved by {reviewer}")), "", names)
    hint = _verdict_hint(verdict, suite, candidate, baseline, settings)
    if verdict.result == "INCONCLUSIVE" and settings.inconclusive == "review":
        hint += f"\nor look at the cases and unlock it: {_review_command(candidate, names[0])}"
    return _Ruling(_OUTCOMES[verdict.result], "\n".join(lines), hint, names)


def _choose(evidence: Evidence, suite: Suite, side: Candidate, settings: EvalsGate) -> Recorded | _Missing:
    """Return an experiment that counts for a side, or what the last of them was refused for.

    Where several count and say the same of every case, it does not matter which. Where they differ, choosing
    would be picking.
    """
    recorded = evidence.experiments.get(side.digest, ())
    left = [each for each in recorded if each.experiment.digest == side.digest]
    if not left:
        return _Missing("no experiment is recorded")
    for counts, reason in _origin_rules(evidence, settings):
        kept = [each for each in left if counts(each)]
        if not kept:
            return _Missing(reason(left[0]))
        left = kept
    for fits, problem in _rules(suite, side, settings):
        kept = [each for each in left if fits(each.experiment)]
        if not kept:
            return _Missing(problem(left[0].experiment))
        left = kept
    if any(_scores(each, suite) != _scores(left[0], suite) for each in left):
        return _Missing(
            f"{len(left)} experiments disagree, and are not yet pooled",
            hint="give the model temperature 0 and a seed, and release that",
        )
    return min(left, key=lambda each: each.sha256)


def _scores(recorded: Recorded, suite: Suite) -> object:
    return case_scores(recorded.experiment, suite)


def _origin_rules(
    evidence: Evidence, settings: EvalsGate
) -> Sequence[tuple[Callable[[Recorded], bool], Callable[[Recorded], str]]]:
    """Return the tests of who made an experiment, and when, each with the words for failing it."""
    oldest_s = durations.seconds(settings.max_age) if settings.max_age else None
    return (
        (
            lambda each: not evidence.evaluators or each.signer in evidence.evaluators,
            lambda each: f"its experiment is {_signed(each)}, and {_or(evidence.evaluators)} must sign it",
        ),
        (
            lambda each: _age_s(each, evidence.now) >= -CLOCK_SKEW_S,
            lambda each: f"its experiment is of the future: {each.experiment.started}",
        ),
        (
            lambda each: oldest_s is None or _age_s(each, evidence.now) <= oldest_s,
            lambda each: f"its experiment is of {each.experiment.started}, older than {settings.max_age}",
        ),
    )


def _age_s(recorded: Recorded, now: datetime) -> float:
    return (now - datetime.fromisoformat(recorded.experiment.started)).total_seconds()


def _signed(recorded: Recorded) -> str:
    if recorded.signer:
        return f"signed by {recorded.signer}"
    return f"not soundly signed ({recorded.problem})" if recorded.problem else "not signed"


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)


_Rule = tuple[Callable[[Experiment], bool], Callable[[Experiment], str]]


def _rules(suite: Suite, side: Candidate, settings: EvalsGate) -> tuple[_Rule, ...]:
    """Return the tests an experiment must pass, in order, each with the words for failing it."""
    provider = settings.provider or side.model_provider
    model = provider if settings.provider else f"{provider} {side.model_id}"
    return (
        (
            lambda each: (each.address, each.suite) == (side.address, suite.address),
            lambda _: "no experiment by this suite is recorded",
        ),
        (
            lambda each: _is_of_suite(each, suite),
            lambda _: "its experiment is by another version of the suite",
        ),
        (
            lambda each: each.harness == HARNESS,
            lambda each: f"its experiment is by harness {each.harness}, this is {HARNESS}",
        ),
        (
            lambda each: not _gaps(each, suite),
            lambda each: f"its experiment has other cases than the suite: {_gaps(each, suite)}",
        ),
        (
            lambda each: settings.replay == "allowed" or not _is_replayed(each),
            lambda _: "its answers were replayed",
        ),
        (
            lambda each: _is_of_model(each, side, settings),
            lambda each: f"{each.provider} {each.model_answered} answered, not {model}",
        ),
    )


def _is_of_suite(experiment: Experiment, suite: Suite) -> bool:
    found = (experiment.suite_digest, experiment.dataset_sha256, dict(experiment.judges))
    return found == (suite.digest, suite.dataset_sha256, dict(suite.judges))


def _gaps(experiment: Experiment, suite: Suite) -> str:
    """Name the cases that are missing, too many, twice or without a score."""
    ids = [each.id for each in experiment.cases]
    wanted = {each.id for each in suite.cases}
    unscored = {
        each.id for each in experiment.cases if not each.errored and not each.scores.get(suite.primary)
    }
    wrong = sorted(
        {*wanted.symmetric_difference(ids), *unscored, *(each for each in ids if ids.count(each) > 1)}
    )
    return ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")


def _is_replayed(experiment: Experiment) -> bool:
    return experiment.replayed > 0 or experiment.provider == _REPLAY


def _is_of_model(experiment: Experiment, side: Candidate, settings: EvalsGate) -> bool:
    """Say whether the model that answered is the one that counts: what the prompt names, or the gate's."""
    if settings.provider:
        return experiment.provider == settings.provider
    is_provider = experiment.provider == side.model_provider or _is_replayed(experiment)
    return is_provider and bool(side.model_id) and is_same_model(side.model_id, experiment.model_answered)


def _lines(suite: Suite, verdict: Verdict, environment: str, found: Sequence[Recorded]) -> tuple[str, ...]:
    head, *below = verdict.lines(metric=suite.primary, against=environment)
    replayed = "replayed, " if any(_is_replayed(each.experiment) for each in found) else ""
    names = " and ".join(short(each.sha256) for each in found)
    signers = sorted({each.signer or "unverified" for each in found})
    return (f"{suite.address}: {head}", *below, f"by {names} ({replayed}{', '.join(signers)})")


def _verdict_hint(
    verdict: Verdict, suite: Suite, candidate: Candidate, baseline: Candidate | None, settings: EvalsGate
) -> str:
    """Return what helps: to look where it failed, and where nothing is decided, what would decide it."""
    if verdict.result == "INCONCLUSIVE":
        command = _eval_command(candidate, baseline, settings)
        what = _undecided_hint(verdict, suite, is_first=baseline is None)
        return f"{what}, merge it, then: {command}" if what else command
    if verdict.result == "PASS" or baseline is None:
        return ""
    name = _name(candidate)
    return f"promptctl diff {name}@{baseline.version} {name}@{candidate.version}"


def _undecided_hint(verdict: Verdict, suite: Suite, *, is_first: bool) -> str:
    """Return the edit of the suite that would decide; empty where asking again may do."""
    if is_first and suite.min_score is None:
        return f"add `min_score` to {suite.address}"
    if verdict.cases_enough is not None and verdict.cases < verdict.cases_enough:
        return f"give {suite.address} {verdict.cases_enough} cases"
    return ""


def _eval_command(candidate: Candidate, baseline: Candidate | None, settings: EvalsGate) -> str:
    words = ["promptctl eval", f"{_name(candidate)}@{candidate.version}"]
    words += [f"--baseline @{candidate.environment}"] if baseline is not None else []
    words += [f"--provider {settings.provider}"] if settings.provider else []
    return " ".join([*words, "--record"])


def _signing(evidence: Evidence) -> str:
    """Return who must run that, where not everybody's experiments count."""
    return f" as {_or(evidence.evaluators)}" if evidence.evaluators else ""


def _review_command(candidate: Candidate, experiment: str) -> str:
    name = f"{_name(candidate)}@{candidate.version}"
    return f"promptctl approve {name} --for {candidate.environment} --experiment {short(experiment)}"


def _result(
    candidate: Candidate, outcome: Outcome, reason: str, *, hint: str = "", evidence: tuple[str, ...] = ()
) -> GateResult:
    return GateResult("evals", candidate.address, outcome, reason, hint, evidence)


def _name(candidate: Candidate) -> str:
    return short_name(candidate.address)
