"""What holds of every verdict."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.verdict import CaseScore, PairedCounts, judge


@st.composite
def paired_counts(draw: st.DrawFn) -> PairedCounts:
    cases = draw(st.integers(2, 2000))
    fixed = draw(st.integers(0, cases - 1))
    return PairedCounts(cases, fixed, draw(st.integers(0, cases - 1 - fixed)))


@st.composite
def experiments(draw: st.DrawFn) -> tuple[list[CaseScore], list[CaseScore]]:
    """Two experiments on the same cases, some errored, some `must_pass`."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    size, stays, errs = (
        draw(st.integers(1, 150)),
        draw(st.floats(0.5, 1)),
        draw(st.sampled_from([0, 0, 0.01])),
    )
    must_pass = {i for i in range(size) if rng.random() < 0.02}
    before = [float(rng.random() < 0.8) for _ in range(size)]
    after = [score if rng.random() < stays else 1 - score for score in before]

    def side(scores: list[float]) -> list[CaseScore]:
        return [CaseScore(f"c{i}", s, rng.random() < errs, i in must_pass) for i, s in enumerate(scores)]

    return side(after), side(before)


@given(paired_counts())
def test_the_bounds_enclose_the_observed_difference(counts: PairedCounts) -> None:
    observed = (counts.fixed - counts.broke) / counts.cases
    assert -1 <= counts.lower_bound() <= observed <= counts.upper_bound() <= 1


@given(paired_counts())
def test_one_more_broken_case_lowers_the_bound_and_one_more_fixed_raises_it(counts: PairedCounts) -> None:
    worse = PairedCounts(counts.cases, counts.fixed, counts.broke + 1)
    better = PairedCounts(counts.cases, counts.fixed + 1, counts.broke)
    assert worse.lower_bound() < counts.lower_bound() < better.lower_bound()
    assert worse.p_of_drop() <= counts.p_of_drop() <= better.p_of_drop()


@given(experiments(), st.sampled_from([0.05, 0.1]), st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter(
    sides: tuple[list[CaseScore], list[CaseScore]], margin: float, rng: random.Random
) -> None:
    shuffled = [rng.sample(side, len(side)) for side in sides]
    assert judge(*shuffled, margin=margin) == judge(*sides, margin=margin)


@given(experiments(), st.sampled_from([0.05, 0.1]))
def test_a_pass_holds_every_rule(sides: tuple[list[CaseScore], list[CaseScore]], margin: float) -> None:
    verdict = judge(*sides, margin=margin)
    if verdict.result == "PASS":
        assert verdict.lower is not None
        assert verdict.lower > -margin
        assert all(case.score >= 0.5 and not case.errored for case in sides[0] if case.must_pass)
        assert all(sum(case.errored for case in side) <= 0.02 * len(side) for side in sides)


@given(experiments(), st.data())
def test_an_error_on_either_side_never_makes_a_pass(
    sides: tuple[list[CaseScore], list[CaseScore]], data: st.DataObject
) -> None:
    side, index = data.draw(st.integers(0, 1)), data.draw(st.integers(0, len(sides[0]) - 1))
    worse = [list(cases) for cases in sides]
    worse[side][index] = replace(worse[side][index], errored=True)
    if judge(*worse).result == "PASS":
        assert judge(*sides).result == "PASS"
