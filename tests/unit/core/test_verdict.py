"""The rules of the verdict, one by one, and the words it is told in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from promptctl.core.verdict import CaseScore, judge, least_cases


def experiment(
    cases: int, *, right: Collection[int] | None = None, errored: Collection[int] = ()
) -> list[CaseScore]:
    """Cases c000, c001, … with score 1 for those that are `right` (all, if not said)."""
    return [
        CaseScore(f"c{i:03}", float(right is None or i in right), errored=i in errored) for i in range(cases)
    ]


def wrong(cases: int, *indices: int) -> list[CaseScore]:
    return experiment(cases, right=set(range(cases)) - set(indices))


def changed(cases: list[CaseScore], index: int, **fields: object) -> list[CaseScore]:
    return [*cases[:index], replace(cases[index], **fields), *cases[index + 1 :]]


EQUAL = experiment(100)


def test_equal_experiments_pass() -> None:
    verdict = judge(EQUAL, EQUAL)
    assert verdict.result == "PASS"
    assert verdict.reason == "with 95 % confidence it is less than 5 pt worse"
    assert (verdict.difference, verdict.fixed, verdict.broke) == (0, (), ())


def test_fixed_and_broken_cases_are_named_in_order_whatever_the_order_of_the_cases() -> None:
    verdict = judge(wrong(100, 7, 3)[::-1], wrong(100, 9, 4))
    assert verdict.fixed == ("c004", "c009")
    assert verdict.broke == ("c003", "c007")
    assert verdict.difference == 0


@pytest.mark.parametrize("margin", [0.0, 1.0, -0.05, float("nan")])
def test_a_margin_outside_0_to_1_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        judge(EQUAL, EQUAL, margin=margin)


class TestRule1Pairs:
    def test_a_case_that_the_baseline_lacks_is_named(self) -> None:
        verdict = judge(experiment(100), experiment(98))
        assert (verdict.result, verdict.reason) == ("INCONCLUSIVE", "the baseline lacks c098, c099")
        assert verdict.difference is None

    def test_a_case_that_the_candidate_lacks_is_named(self) -> None:
        verdict = judge(experiment(99), experiment(100))
        assert (verdict.result, verdict.reason) == ("INCONCLUSIVE", "the candidate lacks c099")

    def test_a_baseline_without_cases_is_not_a_first_release(self) -> None:
        verdict = judge(EQUAL, [], min_score=0.5)
        assert verdict.result == "INCONCLUSIVE"
        assert verdict.reason.startswith("the baseline lacks c000, c001, ")
        assert verdict.reason.endswith(", c009, …")

    def test_a_case_listed_twice_is_inconclusive(self) -> None:
        verdict = judge([*EQUAL, EQUAL[0]], EQUAL)
        assert (verdict.result, verdict.reason) == ("INCONCLUSIVE", "the candidate lists c000 more than once")

    @pytest.mark.parametrize("score", [1.5, -0.1, float("nan"), float("inf")])
    def test_a_score_outside_0_to_1_is_inconclusive_even_for_a_first_release(self, score: float) -> None:
        verdict = judge(changed(EQUAL, 3, score=score), None, min_score=0.5)
        assert verdict.result == "INCONCLUSIVE"
        assert verdict.reason == "the candidate has scores outside 0 to 1: c003"

    def test_no_cases_are_inconclusive(self) -> None:
        verdict = judge([], None, min_score=0.0)
        assert (verdict.result, verdict.reason) == ("INCONCLUSIVE", "the candidate has no cases")


class TestRule2Errors:
    def test_an_errored_case_counts_0_for_the_candidate(self) -> None:
        verdict = judge(experiment(100, errored=[5]), EQUAL)
        assert verdict.candidate_mean == 0.99
        assert (verdict.broke, verdict.errored) == (("c005",), ("c005",))

    def test_an_errored_case_counts_1_for_the_baseline(self) -> None:
        none_right = experiment(100, right=())
        verdict = judge(none_right, changed(none_right, 5, errored=True))
        assert verdict.baseline_mean == 0.01
        assert (verdict.broke, verdict.errored) == (("c005",), ("c005",))

    def test_2_percent_errored_are_judged(self) -> None:
        assert judge(experiment(200, errored=[1, 2, 3, 4]), experiment(200)).result == "PASS"

    @pytest.mark.parametrize("side", ["candidate", "baseline"])
    def test_more_than_2_percent_errored_are_inconclusive(self, side: str) -> None:
        sides = {"candidate": EQUAL, "baseline": EQUAL, side: experiment(100, errored=[1, 2, 3])}
        verdict = judge(sides["candidate"], sides["baseline"])
        assert verdict.result == "INCONCLUSIVE"
        assert verdict.reason == f"3 of 100 cases errored for the {side}, at most 2 % may"


class TestRule3WhatIsJudged:
    @pytest.mark.parametrize("side", [0, 1])
    def test_scores_in_between_are_not_yet_judged(self, side: int) -> None:
        sides = [EQUAL, EQUAL]
        sides[side] = changed(EQUAL, 3, score=0.5)
        verdict = judge(*sides)
        assert (verdict.result, verdict.reason) == (
            "INCONCLUSIVE",
            "scores other than 0 and 1 are not yet judged",
        )
        assert (verdict.lower, verdict.shown_drop, verdict.cases_enough) == (None, None, None)

    def test_the_score_of_an_errored_case_does_not_matter(self) -> None:
        assert judge(changed(EQUAL, 3, score=0.5, errored=True), EQUAL).lower is not None

    def test_a_group_of_two_is_not_yet_judged(self) -> None:
        grouped = changed(changed(EQUAL, 3, group="conv-9"), 4, group="conv-9")
        verdict = judge(grouped, grouped)
        assert verdict.result == "INCONCLUSIVE"
        assert verdict.reason == "groups of two or more cases are not yet judged: conv-9"
        assert verdict.lower is None

    def test_groups_of_one_are_independent_cases(self) -> None:
        alone = [replace(case, group=case.id) for case in EQUAL]
        assert judge(alone, alone).result == "PASS"


class TestRule4Floors:
    @pytest.mark.parametrize(("margin", "least"), [(0.05, 52), (0.10, 25)])
    def test_the_least_number_of_cases_passes_and_one_fewer_is_inconclusive(
        self, margin: float, least: int
    ) -> None:
        assert least_cases(margin) == least
        assert judge(experiment(least), experiment(least), margin=margin).result == "PASS"
        fewer = judge(experiment(least - 1), experiment(least - 1), margin=margin)
        assert (fewer.result, fewer.reason) == ("INCONCLUSIVE", "too few cases: 1 more")

    def test_even_a_collapse_is_inconclusive_with_too_few_cases(self) -> None:
        verdict = judge(experiment(40, right=()), experiment(40))
        assert (verdict.result, verdict.reason) == ("INCONCLUSIVE", "too few cases: 12 more")


class TestRule5Order:
    def test_a_broken_must_pass_case_fails_an_otherwise_equal_candidate(self) -> None:
        must = [replace(case, must_pass=True) for case in EQUAL]
        verdict = judge(changed(changed(must, 8, score=0.0), 3, score=0.0), must)
        assert (verdict.result, verdict.reason) == ("FAIL", "must_pass broken: c003, c008")

    def test_a_broken_must_pass_case_fails_before_anything_else_is_asked(self) -> None:
        broken = [CaseScore("a", 0.4, must_pass=True), CaseScore("b", 1.0, errored=True)]
        for baseline in (None, [], EQUAL):
            assert judge(broken, baseline, min_score=0.1).result == "FAIL"

    def test_a_must_pass_case_passes_from_one_half_on(self) -> None:
        half = changed(EQUAL, 3, score=0.5, must_pass=True)
        assert judge(half, None, min_score=0.9).result == "PASS"
        assert judge(changed(half, 3, score=0.49), None, min_score=0.9).result == "FAIL"

    def test_an_errored_must_pass_case_is_inconclusive(self) -> None:
        for score in (0.0, 1.0):
            candidate = changed(EQUAL, 3, must_pass=True, errored=True, score=score)
            verdict = judge(candidate, changed(EQUAL, 3, must_pass=True))
            assert (verdict.result, verdict.reason) == ("INCONCLUSIVE", "must_pass errored: c003")

    def test_a_small_real_drop_passes_and_is_said(self) -> None:
        verdict = judge(wrong(1000, *range(20)), experiment(1000))
        assert verdict.result == "PASS"
        assert verdict.reason == "a small real drop: with 95 % confidence it is less than 5 pt worse"

    def test_a_shown_drop_fails(self) -> None:
        verdict = judge(wrong(100, *range(12)), wrong(100, 50, 51, 52))
        assert verdict.result == "FAIL"
        assert verdict.reason == "a drop is shown: 12 of 15 changed cases broke (exact McNemar p = 0.018)"

    def test_a_drop_that_is_not_shown_is_inconclusive(self) -> None:
        verdict = judge(wrong(100, *range(6)), wrong(100, 50, 51, 52, 53))
        assert verdict.result == "INCONCLUSIVE"
        assert verdict.reason == "the cases show neither that quality held nor that it dropped"

    def test_a_lower_bound_just_below_the_margin_does_not_pass(self) -> None:
        verdict = judge(wrong(100, 1, 2), wrong(100, 3))
        assert -0.0501 < verdict.lower < -0.05
        assert verdict.result == "INCONCLUSIVE"

    def test_the_allowed_drop_decides(self) -> None:
        candidate, baseline = wrong(100, *range(6)), wrong(100, 50, 51, 52, 53)
        assert judge(candidate, baseline, margin=0.10).result == "PASS"


class TestRule6FirstRelease:
    def test_the_mean_must_reach_min_score(self) -> None:
        verdict = judge(wrong(10, 0, 1, 2), None, min_score=0.7)
        assert verdict.result == "PASS"
        assert verdict.reason == "nothing to compare with; 70 % is at least `min_score` 70 %"
        assert (verdict.baseline_mean, verdict.difference, verdict.lower) == (None, None, None)

    def test_a_lower_mean_fails(self) -> None:
        verdict = judge(wrong(10, 0, 1, 2), None, min_score=0.75)
        assert verdict.result == "FAIL"
        assert verdict.reason == "nothing to compare with; 70 % is below `min_score` 75 %"

    def test_without_min_score_it_is_inconclusive(self) -> None:
        verdict = judge(EQUAL, None)
        assert verdict.result == "INCONCLUSIVE"
        assert verdict.reason == "nothing to compare with, so the suite needs `min_score`"

    def test_errors_are_ruled_on_as_ever(self) -> None:
        assert judge(experiment(100, errored=[1, 2, 3]), None, min_score=0.1).result == "INCONCLUSIVE"

    def test_scores_in_between_count_and_rounding_does_not_decide(self) -> None:
        thirds = [CaseScore(f"c{i}", 0.7) for i in range(10)]
        assert judge(thirds, None, min_score=0.7).result == "PASS"

    def test_min_score_does_not_decide_where_there_is_a_baseline(self) -> None:
        assert judge(EQUAL, EQUAL, min_score=1.0).result == "PASS"
        low = experiment(100, right=())
        assert judge(low, low, min_score=0.9).result == "PASS"


class TestRule9Invisible:
    def test_what_the_cases_cannot_show_is_never_a_pass(self) -> None:
        verdict = judge(EQUAL, EQUAL, invisible=["retrieval.alpha", "retrieval.mode"])
        assert verdict.result == "INCONCLUSIVE"
        assert verdict.reason == "invisible to this suite: retrieval.alpha, retrieval.mode"

    def test_it_is_said_where_more_cases_would_not_help_either(self) -> None:
        verdict = judge(wrong(100, *range(6)), wrong(100, 50, 51, 52, 53), invisible=["retrieval.alpha"])
        assert verdict.reason == "invisible to this suite: retrieval.alpha"

    def test_a_shown_drop_still_fails(self) -> None:
        assert judge(wrong(100, *range(15)), EQUAL, invisible=["retrieval.alpha"]).result == "FAIL"

    def test_a_broken_must_pass_case_still_fails(self) -> None:
        must = changed(EQUAL, 3, must_pass=True)
        assert judge(changed(must, 3, score=0.0), must, invisible=["retrieval.alpha"]).result == "FAIL"


class TestRule11WhatSoManyCasesShow:
    def test_the_numbers_are_those_of_the_rule(self) -> None:
        verdict = judge(wrong(100, *range(6)), wrong(100, 50, 51, 52, 53))
        assert verdict.shown_drop == pytest.approx(2.487 * (0.10 / 100) ** 0.5 + 1 / 100, abs=1e-4)
        assert verdict.cases_enough == 250

    def test_at_least_five_cases_are_taken_to_differ(self) -> None:
        assert judge(EQUAL, EQUAL).shown_drop == judge(wrong(100, *range(5)), EQUAL).shown_drop
        assert judge(wrong(100, *range(6)), EQUAL).shown_drop > judge(EQUAL, EQUAL).shown_drop


class TestLines:
    def test_undecided(self) -> None:
        before = set(range(86))
        after = (before - {17, 22, 41, 55, 60, 61}) | {90, 91, 92, 93}
        verdict = judge(experiment(100, right=after), experiment(100, right=before))
        assert verdict.lines(metric="correct", against="prod") == (
            (
                "INCONCLUSIVE  correct 84 % vs prod 86 %  (−2 pt, 95 % lower bound −7.8, allowed −5)"
                "   4 fixed, 6 broke, of 100"
            ),
            (
                "100 cases show drops of 8.9 pt or more; 250 pass an unchanged system"
                " 3 times in 4. Or review the 10 changed cases."
            ),
            "Broke: c017 c022 c041 c055 c060 c061",
        )

    def test_a_pass_says_its_reason(self) -> None:
        assert judge(EQUAL, wrong(100, 1)).lines(metric="correct", against="dev") == (
            (
                "PASS  correct 100 % vs dev 99 %  (+1 pt, 95 % lower bound −1.7, allowed −5)"
                "   1 fixed, 0 broke, of 100"
            ),
            "With 95 % confidence it is less than 5 pt worse.",
            "100 cases show drops of 6.6 pt or more; 130 pass an unchanged system 3 times in 4.",
        )

    def test_many_broken_cases_are_cut_and_errors_are_named(self) -> None:
        candidate = changed(wrong(100, *range(12)), 99, errored=True)
        *_, broke, errored = judge(candidate, EQUAL).lines(metric="correct", against="prod")
        assert broke == "Broke: c000 c001 c002 c003 c004 c005 c006 c007 c008 c009 …"
        assert errored == "Errored: c099"

    def test_a_first_release(self) -> None:
        assert judge(EQUAL, None, min_score=0.7).lines(metric="correct", against="prod") == (
            "PASS  correct 100 %   100 cases",
            "Nothing to compare with; 100 % is at least `min_score` 70 %.",
        )

    def test_what_is_not_compared_has_no_bounds(self) -> None:
        verdict = judge(experiment(1, right=()), experiment(2))
        assert verdict.lines(metric="pass", against="prod") == (
            "INCONCLUSIVE  pass 0 % vs prod 100 %   1 case",
            "The candidate lacks c001.",
        )

    def test_scores_in_between_have_a_difference_and_no_bounds(self) -> None:
        verdict = judge(changed(EQUAL, 3, score=0.5), EQUAL)
        assert verdict.lines(metric="pass", against="prod") == (
            "INCONCLUSIVE  pass 99.5 % vs prod 100 %  (−0.5 pt)   0 fixed, 1 broke, of 100",
            "Scores other than 0 and 1 are not yet judged.",
            "Broke: c003",
        )

    def test_a_handful_of_cases_shows_no_drop(self) -> None:
        *_, last = judge(experiment(5), experiment(5)).lines(metric="pass", against="prod")
        assert last.startswith("5 cases show no drop; ")

    def test_a_number_never_reads_like_the_limit_it_misses(self) -> None:
        verdict = judge(wrong(10_000, *range(3001)), None, min_score=0.7)
        assert verdict.reason.endswith("69.99 % is below `min_score` 70 %")
        finer = judge(wrong(100, 1), None, min_score=0.9901)
        assert finer.reason.endswith("99 % is below `min_score` 99.01 %")

    def test_zero_has_no_sign(self) -> None:
        first, *_ = judge(experiment(10_000), experiment(10_000)).lines(metric="pass", against="prod")
        assert "(0 pt, 95 % lower bound 0, allowed −5)" in first
