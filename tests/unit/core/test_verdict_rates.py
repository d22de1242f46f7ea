"""How often the gate is right: exact probabilities over every possible outcome, not random simulation.

Only three counts decide: cases, fixed, broke. Where each case is fixed with one probability and broken with
another, the number of differing cases is binomial, and so is the number of broken ones among them.
"""

from __future__ import annotations

import random
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from promptctl.core.verdict import CaseScore, PairedCounts, judge, least_cases

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "verdict.md"
MARGINS = (0.05, 0.10)
DISCORDANCES = (0.05, 0.06, 0.08, 0.10, 0.15, 0.20, 0.30, 0.50)


@cache
def most_broken(cases: int, margin: float, differing: int) -> int:
    """Of so many differing cases, the most that may be broken for a PASS; −1 where none may."""
    # One differing case more allows at most one broken case more: the bound falls with every broken case.
    most = differing if differing == 0 else most_broken(cases, margin, differing - 1) + 1
    while most >= 0 and PairedCounts(cases, differing - most, most).lower_bound() <= -margin:
        most -= 1
    return most


@cache
def least_broken(differing: int) -> int:
    """Of so many differing cases, the fewest broken ones that show a drop."""
    least = least_broken(differing - 1) if differing else 0
    while least <= differing and not PairedCounts(differing, differing - least, least).shows_drop():
        least += 1
    return least


def plausible(cases: int, discordance: float) -> np.ndarray:
    return np.arange(int(binom.isf(1e-12, cases, discordance)) + 1)


def pass_rate(cases: int, discordance: float, drop: float, margin: float) -> float:
    if cases < least_cases(margin):
        return 0.0
    differing = plausible(cases, discordance)
    most = np.array([most_broken(cases, margin, int(k)) for k in differing])
    broken_share = (1 + drop / discordance) / 2
    return float(binom.pmf(differing, cases, discordance) @ binom.cdf(most, differing, broken_share))


def shown_rate(cases: int, discordance: float, drop: float) -> float:
    differing = plausible(cases, discordance)
    least = np.array([least_broken(int(k)) for k in differing])
    broken_share = (1 + drop / discordance) / 2
    return float(binom.pmf(differing, cases, discordance) @ binom.sf(least - 1, differing, broken_share))


def test_a_true_drop_of_the_margin_passes_in_at_most_6_5_percent_but_for_four_sizes() -> None:
    over = {
        (cases, margin): rate
        for margin in MARGINS
        for cases in range(least_cases(margin), 301)
        if (rate := pass_rate(cases, margin, margin, margin)) > 0.065
    }
    # Here cases only break, and the rate jumps where a size first allows one broken case more.
    assert {key: round(rate, 3) for key, rate in over.items()} == {
        (52, 0.05): 0.069,
        (53, 0.05): 0.066,
        (25, 0.10): 0.072,
        (42, 0.10): 0.068,
    }


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("extra", [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7])
def test_a_true_drop_of_the_margin_passes_in_at_most_6_5_percent_where_cases_are_also_fixed(
    margin: float, extra: float
) -> None:
    sizes = (least_cases(margin), least_cases(margin) + 1, 42, 60, 70, 80, 100, 120, 150, 200, 300, 500)
    assert max(pass_rate(cases, margin + extra, margin, margin) for cases in sizes) <= 0.065


@pytest.mark.parametrize("discordance", [0.02, *DISCORDANCES, 1.0])
def test_an_identical_system_fails_in_at_most_5_percent(discordance: float) -> None:
    # A drop that is shown is a FAIL only where the margin is not held, so this is the most there can be.
    assert max(shown_rate(cases, discordance, 0.0) for cases in (25, 52, 100, 200, 500, 1000)) <= 0.05


@pytest.mark.parametrize("cases", [100, 110, 120, 150, 200, 250, 300, 400, 500, 1000, 3000])
def test_the_printed_drop_is_shown_in_at_least_78_percent(cases: int) -> None:
    for discordance in (0.005, 0.01, 0.02, *DISCORDANCES, 0.8):
        drop = PairedCounts(cases, round(cases * discordance), 0).smallest_shown_drop()
        # So large a drop needs at least as many differing cases.
        assert shown_rate(cases, max(discordance, drop), drop) >= 0.782


@pytest.mark.parametrize(("margin", "discordances"), [(0.05, DISCORDANCES[1:]), (0.10, DISCORDANCES[3:])])
def test_the_printed_number_of_cases_passes_an_unchanged_system_3_times_in_4(
    margin: float, discordances: tuple[float, ...]
) -> None:
    for discordance in discordances:
        enough = PairedCounts(1000, round(1000 * discordance), 0).cases_enough(margin)
        assert pass_rate(enough, discordance, 0.0, margin) >= 0.75


@pytest.mark.parametrize(("margin", "discordance", "enough", "rate"), [
    (0.05, 0.02, 50, 0.00),
    (0.05, 0.03, 80, 0.58),
    (0.05, 0.05, 130, 0.73),
    (0.10, 0.03, 20, 0.00),
    (0.10, 0.05, 40, 0.65),
    (0.10, 0.08, 50, 0.70),
])  # fmt: skip
def test_the_printed_number_of_cases_is_too_few_where_hardly_any_differ(
    margin: float, discordance: float, enough: int, rate: float
) -> None:
    assert PairedCounts(1000, round(1000 * discordance), 0).cases_enough(margin) == enough
    assert round(pass_rate(enough, discordance, 0.0, margin), 2) == rate


def test_a_gate_without_a_margin_would_block_an_identical_system_44_times_in_100() -> None:
    differing = plausible(100, 0.10)
    blocked = binom.pmf(differing, 100, 0.10) @ binom.sf(differing // 2, differing, 0.5)
    assert round(float(blocked), 2) == 0.44


def test_random_experiments_pass_as_often_as_the_exact_probability_says() -> None:
    rng = random.Random(1998)
    cases, discordance, runs = 100, 0.10, 2000
    results: dict[tuple[int, int], str] = {}
    passed = 0
    for _ in range(runs):
        draws = [rng.random() for _ in range(cases)]
        counts = (sum(d < 0.05 for d in draws), sum(0.05 <= d < discordance for d in draws))
        if counts not in results:
            results[counts] = judge(*experiments(cases, *counts), margin=0.05).result
        passed += results[counts] == "PASS"
    assert passed / runs == pytest.approx(pass_rate(cases, discordance, 0.0, 0.05), abs=0.04)


def experiments(cases: int, fixed: int, broke: int) -> tuple[list[CaseScore], list[CaseScore]]:
    after = [1.0] * fixed + [0.0] * broke + [1.0] * (cases - fixed - broke)
    before = [0.0] * fixed + [1.0] * (cases - fixed)
    return (
        [CaseScore(f"c{i:03}", score) for i, score in enumerate(after)],
        [CaseScore(f"c{i:03}", score) for i, score in enumerate(before)],
    )


@pytest.mark.parametrize("margin", MARGINS)
def test_the_page_says_how_often_an_identical_system_passes(margin: float) -> None:
    shares, rows = table(PAGE.read_text(encoding="utf-8"), f"Allowed drop {margin * 100:.0f} points")
    assert len(rows) >= 8
    for cases, cells in rows.items():
        rates = [pass_rate(cases, share, 0.0, margin) for share in shares]
        assert cells == ["–" if cases < least_cases(margin) else f"{rate * 100:.0f} %" for rate in rates], (
            cases
        )


def table(text: str, heading: str) -> tuple[list[float], dict[int, list[str]]]:
    section = next(part for part in re.split(r"^#+ ", text, flags=re.MULTILINE) if part.startswith(heading))
    lines = [line for line in section.splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    shares = [float(cell.removesuffix(" %")) / 100 for cell in head[1:]]
    assert all(a < b for a, b in pairwise(shares))
    return shares, {int(cells[0]): cells[1:] for cells in body}
