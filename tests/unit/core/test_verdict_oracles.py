"""Tango's interval and McNemar's test against independent computations."""

from __future__ import annotations

from math import log, sqrt

import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binomtest, norm

from promptctl.core import verdict
from promptctl.core.verdict import PairedCounts, least_cases


def likeliest_broken_share(counts: PairedCounts, difference: float) -> float:
    """Maximise the likelihood over the share of broken cases, the true difference held fixed."""

    def surprise(q: float) -> float:
        same = counts.cases - counts.differing
        terms = ((counts.fixed, q + difference), (counts.broke, q), (same, 1 - 2 * q - difference))
        return -sum(k * log(max(share, 1e-300)) for k, share in terms if k)

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    return float(minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x)


def lower_bound_by_search(counts: PairedCounts) -> float:
    """Invert the score test numerically: the difference whose score is exactly the 95 % quantile."""
    n, observed = counts.cases, (counts.fixed - counts.broke) / counts.cases

    def excess(difference: float) -> float:
        q = likeliest_broken_share(counts, difference)
        error = sqrt((2 * q + difference - difference**2) / n)
        return float((observed - difference) - norm.ppf(0.95) * error)

    return float(brentq(excess, -1 + 1e-9, observed - 1e-9, xtol=1e-12))


COUNTS = [
    PairedCounts(100, 4, 6),
    PairedCounts(52, 0, 0),
    PairedCounts(25, 3, 0),
    PairedCounts(25, 0, 3),
    PairedCounts(60, 12, 1),
    PairedCounts(60, 1, 12),
    PairedCounts(200, 40, 40),
    PairedCounts(1000, 7, 30),
    PairedCounts(10, 10, 0),
    PairedCounts(30, 15, 15),
    PairedCounts(2, 1, 1),
]


@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_the_lower_bound_inverts_the_score_test(counts: PairedCounts) -> None:
    assert counts.lower_bound() == pytest.approx(lower_bound_by_search(counts), abs=1e-6)


def test_equal_experiments_are_bounded_by_the_known_closed_form() -> None:
    # Without any differing case the score equation is n·d/(1 − d) = z².
    z2 = norm.ppf(0.95) ** 2
    for cases in (1, 25, 52, 100, 10_000):
        assert PairedCounts(cases, 0, 0).lower_bound() == pytest.approx(-z2 / (cases + z2), abs=1e-12)


def test_where_every_case_broke_the_lower_bound_is_minus_one() -> None:
    assert PairedCounts(40, 0, 40).lower_bound() == -1.0


@pytest.mark.parametrize(
    ("fixed", "broke"), [(0, 0), (0, 4), (0, 5), (4, 6), (10, 0), (3, 12), (80, 110), (900, 980)]
)
def test_the_p_value_is_the_exact_binomial_tail(fixed: int, broke: int) -> None:
    expected = binomtest(broke, fixed + broke, 0.5, alternative="greater").pvalue if fixed + broke else 1.0
    assert PairedCounts(2000, fixed, broke).p_of_drop() == pytest.approx(expected, rel=1e-9)


def test_a_drop_is_shown_at_five_broken_and_not_at_four() -> None:
    assert PairedCounts(100, 0, 5).shows_drop()  # 1/32
    assert not PairedCounts(100, 0, 4).shows_drop()  # 1/16


def test_the_p_value_of_very_many_cases_does_not_overflow() -> None:
    assert PairedCounts(20_000, 5_000, 5_000).p_of_drop() == pytest.approx(0.504, abs=0.001)


def test_the_quantiles_are_those_of_the_normal_distribution() -> None:
    assert norm.ppf(0.95) == verdict._Z_95
    assert norm.ppf(0.80) == verdict._Z_80


@pytest.mark.parametrize("margin", [0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
def test_the_least_number_of_cases_is_the_first_at_which_equal_experiments_pass(margin: float) -> None:
    least = least_cases(margin)
    assert PairedCounts(least, 0, 0).lower_bound() > -margin
    assert PairedCounts(least - 1, 0, 0).lower_bound() <= -margin
