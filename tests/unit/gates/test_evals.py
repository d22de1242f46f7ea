from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from promptctl.core.kinds.dataset import Case
from promptctl.gates.evals import Evidence, check
from promptctl.gates.result import Candidate, GateResult
from promptctl.model.evidence import CaseResult, Experiment, Recorded, name_of
from promptctl.model.pipeline import EvalsGate
from promptctl.model.suite import Suite

IDS = [f"c{number:03}" for number in range(100)]
SUITE = Suite(
    address="evals/ask",
    target="prompts/ask",
    primary="correct",
    min_score=0.7,
    repeats=1,
    cases=tuple(Case(each, must_pass=each == "c000") for each in IDS),
    digest="sha256:" + "5" * 64,
    dataset_sha256="6" * 64,
)
NEW = Candidate("prompts/ask", "1.1.0", "sha256:" + "a" * 64, "prod", "local", "m")
OLD = Candidate("prompts/ask", "1.0.0", "sha256:" + "b" * 64, "prod", "local", "m")
GATE = EvalsGate()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def experiment(side: Candidate, wrong: int = 0, *, first_wrong: int = 1) -> Experiment:
    failed = set(IDS[first_wrong : first_wrong + wrong])
    return Experiment(
        address=side.address,
        digest=side.digest,
        suite=SUITE.address,
        suite_digest=SUITE.digest,
        dataset_sha256=SUITE.dataset_sha256,
        provider="local",
        model_named="m",
        model_answered="m",
        live=100,
        cached=0,
        replayed=0,
        started="2026-11-22T10:00:00Z",
        cases=tuple(CaseResult(each, scores={"correct": (float(each not in failed),)}) for each in IDS),
    )


def decide(
    *experiments: Experiment,
    candidate: Candidate = NEW,
    baseline: Candidate | None = OLD,
    suites: Sequence[Suite] = (SUITE,),
    settings: EvalsGate = GATE,
    invisible: Sequence[str] = (),
    evaluators: Sequence[str] = (),
    signer: str | None = None,
    reviewed: Mapping[str, str] | None = None,
) -> GateResult:
    recorded = [Recorded(name_of(each.to_bytes()), each, signer) for each in experiments]
    return check(
        candidate,
        baseline=baseline,
        evidence=Evidence(
            suites=suites,
            experiments={
                side: [each for each in recorded if each.experiment.digest == side]
                for side in {each.digest for each in experiments}
            },
            invisible={SUITE.address: invisible},
            now=NOW,
            evaluators=evaluators,
            reviewed=reviewed or {},
        ),
        settings=settings,
    )


def test_equal_scores_pass_and_name_their_evidence() -> None:
    sides = experiment(NEW, 10), experiment(OLD, 10)
    result = decide(*sides)
    assert (result.gate, result.address, result.result) == ("evals", "prompts/ask", "pass")
    assert result.evidence == tuple(name_of(each.to_bytes()) for each in sides)
    assert result.reason.startswith("evals/ask: PASS  correct 90 % vs prod 90 %")
    assert "unverified" in result.reason
    assert "replayed" not in result.reason


def test_a_shown_drop_fails_and_names_what_broke() -> None:
    result = decide(experiment(NEW, 40), experiment(OLD, 2))
    assert result.result == "fail"
    assert "Broke: c003 c004" in result.reason
    assert result.hint == "promptctl diff ask@1.0.0 ask@1.1.0"


def test_a_broken_must_pass_case_fails() -> None:
    assert decide(experiment(NEW, 1, first_wrong=0), experiment(OLD)).result == "fail"


def test_what_shows_neither_is_inconclusive() -> None:
    result = decide(experiment(NEW, 6), experiment(OLD, 4, first_wrong=50))
    assert result.result == "inconclusive"
    assert "INCONCLUSIVE" in result.reason


def test_the_margin_is_the_environments() -> None:
    sides = experiment(NEW, 6), experiment(OLD, 4, first_wrong=50)
    assert decide(*sides, settings=EvalsGate(margin=0.15)).result == "pass"


def test_the_first_release_passes_by_min_score() -> None:
    assert decide(experiment(NEW, 30), baseline=None).result == "pass"
    assert decide(experiment(NEW, 31), baseline=None).result == "fail"
    without = replace(SUITE, min_score=None)
    assert decide(experiment(NEW), baseline=None, suites=[without]).result == "inconclusive"


def test_what_serves_already_passes_without_evidence() -> None:
    assert decide(baseline=replace(OLD, digest=NEW.digest)).result == "pass"


def test_without_a_suite_it_does_not_pass() -> None:
    result = decide(experiment(NEW), experiment(OLD), suites=())
    assert (result.result, result.reason) == ("inconclusive", "no suite on the default branch judges it")
    assert "evals/ask.yaml" in result.hint


def test_a_side_without_evidence_is_inconclusive_with_the_command() -> None:
    result = decide(experiment(NEW))
    assert result.result == "inconclusive"
    assert result.reason == "evals/ask: ask 1.0.0: no experiment is recorded"
    assert result.hint == "promptctl eval ask@1.1.0 --baseline @prod --record"
    assert decide(experiment(OLD)).result == "inconclusive"
    assert decide(baseline=None).hint == "promptctl eval ask@1.1.0 --record"


OTHERS: dict[str, tuple[Callable[[Experiment], Experiment], str]] = {
    "digest": (lambda each: replace(each, digest="sha256:" + "c" * 64), "no experiment is recorded"),
    "suite": (lambda each: replace(each, suite="evals/other"), "no experiment by this suite"),
    "suite version": (lambda each: replace(each, suite_digest=NEW.digest), "another version of the suite"),
    "dataset": (lambda each: replace(each, dataset_sha256="7" * 64), "another version of the suite"),
    "judges": (lambda each: replace(each, judges={"prompts/judges/x": NEW.digest}), "another version"),
    "harness": (lambda each: replace(each, harness="2"), "by harness 2"),
    "model": (lambda each: replace(each, model_answered="m-mini"), "local m-mini answered, not local m"),
    "provider": (lambda each: replace(each, provider="openai"), "openai m answered, not local m"),
    "answers replayed": (
        lambda each: replace(each, provider="replay", live=0, replayed=100),
        "were replayed",
    ),
    "one replayed": (lambda each: replace(each, live=99, replayed=1), "were replayed"),
    "a case less": (lambda each: replace(each, cases=each.cases[:-1]), "other cases than the suite: c099"),
    "a case more": (lambda each: replace(each, cases=(*each.cases, CaseResult("x"))), "other cases"),
    "a case twice": (lambda each: replace(each, cases=(*each.cases, each.cases[0])), "c000"),
    "no score": (lambda each: replace(each, cases=(CaseResult("c000"), *each.cases[1:])), "c000"),
}


@pytest.mark.parametrize("side", ["candidate", "baseline"])
@pytest.mark.parametrize("name", OTHERS)
def test_evidence_that_is_not_exactly_this_never_passes(name: str, side: str) -> None:
    change, words = OTHERS[name]
    new, old = experiment(NEW), experiment(OLD)
    result = decide(change(new), old) if side == "candidate" else decide(new, change(old))
    assert result.result == "inconclusive"
    assert words in result.reason
    assert ("ask 1.1.0" if side == "candidate" else "ask 1.0.0") in result.reason


def test_evidence_that_does_not_count_does_not_hide_evidence_that_does() -> None:
    wrong = [change(experiment(NEW)) for change, _ in OTHERS.values()]
    assert decide(*wrong, experiment(NEW), experiment(OLD)).result == "pass"


def test_replayed_answers_count_where_the_pipeline_says_so_and_are_shown() -> None:
    replayed = [replace(experiment(each), provider="replay", live=0, replayed=100) for each in (NEW, OLD)]
    result = decide(*replayed, settings=EvalsGate(replay="allowed"))
    assert result.result == "pass"
    assert "(replayed, unverified)" in result.reason
    other = replace(replayed[0], model_answered="m-mini")
    assert decide(other, replayed[1], settings=EvalsGate(replay="allowed")).result == "inconclusive"


def test_another_provider_counts_where_the_gate_names_it() -> None:
    named = replace(NEW, model_provider="openai", model_id="gpt"), replace(OLD, model_provider="openai")
    sides = experiment(NEW), experiment(OLD)
    assert decide(*sides, candidate=named[0], baseline=named[1]).result == "inconclusive"
    settings = EvalsGate(provider="local")
    assert decide(*sides, candidate=named[0], baseline=named[1], settings=settings).result == "pass"
    assert "--provider local" in decide(sides[0], settings=settings).hint


def test_each_side_is_held_to_the_model_of_its_own_prompt() -> None:
    upgraded = replace(NEW, model_id="m2")
    new = replace(experiment(NEW), model_named="m2", model_answered="m2")
    assert decide(new, experiment(OLD), candidate=upgraded).result == "pass"
    assert decide(experiment(NEW), experiment(OLD), candidate=upgraded).result == "inconclusive"


def test_a_prompt_that_names_no_model_can_have_no_evidence() -> None:
    nobody = replace(NEW, model_provider="", model_id="")
    new = replace(experiment(NEW), provider="", model_answered="")
    assert decide(new, experiment(OLD), candidate=nobody).result == "inconclusive"


def test_none_of_several_experiments_can_be_picked() -> None:
    again = replace(experiment(NEW), started="2026-11-22T11:00:00Z", live=0, cached=100)
    assert decide(experiment(NEW), again, experiment(OLD)).result == "pass"
    worse = replace(experiment(NEW, 3), started="2026-11-22T11:00:00Z")
    result = decide(experiment(NEW), worse, experiment(OLD))
    assert result.result == "inconclusive"
    assert "2 experiments disagree, and are not yet pooled" in result.reason
    assert result.hint == "give the model temperature 0 and a seed, and release that"


def test_every_suite_must_pass_and_the_worst_decides() -> None:
    other = replace(SUITE, address="evals/other", digest="sha256:" + "8" * 64)

    def of_other(side: Candidate, wrong: int = 0) -> Experiment:
        return replace(experiment(side, wrong), suite=other.address, suite_digest=other.digest)

    good = experiment(NEW), experiment(OLD)
    both = [SUITE, other]
    assert decide(*good, of_other(NEW), of_other(OLD), suites=both).result == "pass"
    assert decide(*good, of_other(NEW), suites=both).result == "inconclusive"
    assert decide(*good, of_other(NEW, 40), of_other(OLD), suites=both).result == "fail"
    assert decide(experiment(NEW, 40), experiment(OLD), suites=both).result == "fail"


def test_a_change_of_retrieval_that_the_cases_cannot_show_does_not_pass() -> None:
    result = decide(experiment(NEW), experiment(OLD), invisible=["retrieval.alpha"])
    assert result.result == "inconclusive"
    assert "Invisible to this suite: retrieval.alpha" in result.reason


def test_must_pass_and_groups_are_the_suites_own_whatever_an_experiment_claims() -> None:
    broken = experiment(NEW, 1, first_wrong=0)
    assert not any(each.must_pass for each in broken.cases)
    assert decide(broken, experiment(OLD)).result == "fail"


def test_what_decides_nothing_says_what_would() -> None:
    undecided = decide(experiment(NEW, 6), experiment(OLD, 4, first_wrong=50))
    asked = "promptctl eval ask@1.1.0 --baseline @prod --record"
    assert undecided.hint == f"give evals/ask 250 cases, merge it, then: {asked}"
    first = decide(experiment(NEW), baseline=None, suites=[replace(SUITE, min_score=None)])
    assert first.hint == "add `min_score` to evals/ask, merge it, then: promptctl eval ask@1.1.0 --record"


def test_it_is_recorded_without_its_hint() -> None:
    result = decide(experiment(NEW, 40), experiment(OLD, 2))
    assert set(result.record()) == {"gate", "address", "result", "reason", "evidence"}
    assert (result.record()["result"], result.record()["evidence"]) == ("fail", result.evidence)


def test_where_evaluators_are_named_only_what_they_signed_counts() -> None:
    sides = experiment(NEW), experiment(OLD)
    assert decide(*sides, evaluators=["ci@acme.example"], signer="ci@acme.example").result == "pass"
    for signer, words in ((None, "not signed"), ("eve@acme.example", "signed by eve@acme.example")):
        result = decide(*sides, evaluators=["ci@acme.example"], signer=signer)
        assert result.result == "inconclusive"
        assert f"its experiment is {words}, and ci@acme.example must sign it" in result.reason


def test_a_signed_experiment_is_shown_with_its_signer() -> None:
    result = decide(experiment(NEW), experiment(OLD), signer="ci@acme.example")
    assert "(ci@acme.example)" in result.reason
    assert "unverified" not in result.reason


def test_an_experiment_that_is_too_old_or_of_the_future_does_not_count() -> None:
    sides = experiment(NEW), experiment(OLD)
    assert decide(*sides, settings=EvalsGate(max_age="2h")).result == "pass"
    old = decide(*sides, settings=EvalsGate(max_age="1h"))
    assert (old.result, "older than 1h" in old.reason) == ("inconclusive", True)
    future = decide(replace(sides[0], started="2026-11-22T12:06:00Z"), sides[1])
    assert (future.result, "of the future" in future.reason) == ("inconclusive", True)


def test_an_approval_on_the_candidates_experiment_unlocks_what_is_inconclusive_where_that_is_allowed() -> (
    None
):
    sides = experiment(NEW, 6), experiment(OLD, 4, first_wrong=50)
    mine, theirs = (name_of(each.to_bytes()) for each in sides)
    review = EvalsGate(inconclusive="review")
    undecided = decide(*sides, settings=review)
    assert undecided.result == "inconclusive"
    assert f"promptctl approve ask@1.1.0 --for prod --experiment {mine[:12]}" in undecided.hint
    unlocked = decide(*sides, settings=review, reviewed={mine: "grace@acme.example"})
    assert (unlocked.result, "approved by grace@acme.example" in unlocked.reason) == ("pass", True)
    assert decide(*sides, settings=review, reviewed={theirs: "grace@acme.example"}).result == "inconclusive"
    assert decide(*sides, reviewed={mine: "grace@acme.example"}).result == "inconclusive"


def test_a_failure_is_not_unlocked_by_review() -> None:
    sides = experiment(NEW, 40), experiment(OLD, 2)
    name = name_of(sides[0].to_bytes())
    settings = EvalsGate(inconclusive="review")
    assert decide(*sides, settings=settings, reviewed={name: "grace@acme.example"}).result == "fail"
