"""The verdict of one suite: is the candidate as good as what serves now, on paired cases?

The rules and their error rates are explained in docs/explanation/verdict.md. Everything here is pure and in
closed form or bisection: no bootstrap, no seed, the same verdict on every machine.

Judged are scores of 0 and 1 on independent cases, by Tango's score interval and McNemar's exact test. Scores
in between and groups of two or more cases are refused as INCONCLUSIVE, "not yet".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, fsum, sqrt
from typing import Literal

Result = Literal["PASS", "FAIL", "INCONCLUSIVE"]

_Z_95 = 1.6448536269514722  # the normal quantile of one-sided 95 %
_Z_80 = 0.8416212335729143
_ERRORED_PER_CENT = 2
_NAMED = 10  # ids that a sentence lists before it says "…"
_UNDECIDED = "the cases show neither that quality held nor that it dropped"


@dataclass(frozen=True, slots=True)
class CaseScore:
    """One case of an experiment. `score` is the mean of the primary metric over the repeats, 0 to 1."""

    id: str
    score: float
    errored: bool = False
    must_pass: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """What two experiments with scores of 0 and 1 come down to: so many fixed, so many broke."""

    cases: int
    fixed: int
    broke: int

    @property
    def differing(self) -> int:
        """Cases whose score is not the same on both sides."""
        return self.fixed + self.broke

    def lower_bound(self) -> float:
        """Return the one-sided 95 % lower bound of the difference candidate − baseline, −1 to 1.

        Source: T. Tango, Statistics in Medicine 17 (1998) 891–908. The score test keeps its error rate with
        few or no differing cases, where the usual interval collapses to a point.
        """
        low, high = -1.0, (self.fixed - self.broke) / self.cases
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self._is_rejected(middle) else (low, middle)
        return low

    def upper_bound(self) -> float:
        """Return the one-sided 95 % upper bound: the lower bound of the comparison the other way round."""
        return -PairedCounts(self.cases, self.broke, self.fixed).lower_bound()

    def _is_rejected(self, difference: float) -> bool:
        """Whether the score test finds the true difference to be above `difference`."""
        n, b, c, d = self.cases, self.fixed, self.broke, difference
        # The likeliest share of broken cases if `d` were true is the larger root q of a quadratic, 2n·q² + …
        linear = (2 * n - b + c) * d - b - c
        constant = -c * d * (1 - d)
        q = (sqrt(max(linear * linear - 8 * n * constant, 0.0)) - linear) / (4 * n)
        variance = n * (2 * q + d * (1 - d))
        return b - c - n * d > _Z_95 * sqrt(max(variance, 0.0))

    def p_of_drop(self) -> float:
        """Return the chance of so many broken among the differing cases if quality had not dropped.

        Source: the exact one-sided form of McNemar's test (Psychometrika 12 (1947) 153–157), in integers.
        """
        n = self.differing
        tail = term = 1
        for broke in range(n, self.broke, -1):
            term = term * broke // (n - broke + 1)
            tail += term
        return tail / (1 << n)

    def shows_drop(self) -> bool:
        """Whether a drop is shown, at 5 %."""
        return self.p_of_drop() <= 0.05

    def smallest_shown_drop(self) -> float:
        """Return the true drop that so many cases show 4 times in 5; over 1 where they cannot show any."""
        return (_Z_95 + _Z_80) * sqrt(self._differing_share() / self.cases) + 1 / self.cases

    def cases_enough(self, margin: float) -> int:
        """Return how many cases pass an unchanged system 3 times in 4, in tens, if as many in 100 differ."""
        return ceil(self._differing_share() * ((_Z_95 + _Z_80) / margin) ** 2 / 10) * 10

    def _differing_share(self) -> float:
        # Few differing cases say little about how many there would be next time: five is the least assumed.
        return max(self.differing, 5) / self.cases


def least_cases(margin: float) -> int:
    """Return the number of cases below which even two equal experiments cannot pass."""
    return ceil(_Z_95**2 * (1 - margin) / margin)


@dataclass(frozen=True, slots=True)
class Verdict:
    """PASS, FAIL or INCONCLUSIVE, with its reason and what it was decided on.

    Means, difference, bounds and margin are shares (0.05 is 5 points); case ids are sorted. `difference`,
    `fixed` and `broke` need a baseline with the same cases; the bounds, `shown_drop` and `cases_enough` also
    need scores of 0 and 1 on independent cases. `errored` names the cases of either side.
    """

    result: Result
    reason: str
    cases: int
    candidate_mean: float
    baseline_mean: float | None
    difference: float | None
    lower: float | None
    upper: float | None
    margin: float
    fixed: tuple[str, ...]
    broke: tuple[str, ...]
    errored: tuple[str, ...]
    shown_drop: float | None
    cases_enough: int | None

    def lines(self, *, metric: str, against: str) -> tuple[str, ...]:
        """Return the headline, then a line for the reason, the outlook and each list of cases, as far as
        there are any. `against` names the baseline: an environment, say.
        """
        reason = "" if self.reason == _UNDECIDED else f"{self.reason[:1].upper()}{self.reason[1:]}."
        broke = f"Broke: {_listed(self.broke, ' ')}" if self.broke else ""
        errored = f"Errored: {_listed(self.errored, ' ')}" if self.errored else ""
        return tuple(filter(None, (self._headline(metric, against), reason, self._outlook(), broke, errored)))

    def _headline(self, metric: str, against: str) -> str:
        head = f"{self.result}  {metric} {_points(self.candidate_mean)} %"
        if self.baseline_mean is not None:
            head += f" vs {against} {_points(self.baseline_mean)} %"
        if self.difference is None:
            return f"{head}   {_cases(self.cases)}"
        change = f"{'+' if self.difference > 0 else ''}{_points(self.difference)} pt"
        if self.lower is not None:
            change += f", 95 % lower bound {_points(self.lower, limit=-self.margin)}"
            change += f", allowed {_exactly(-self.margin)}"
        return f"{head}  ({change})   {len(self.fixed)} fixed, {len(self.broke)} broke, of {self.cases}"

    def _outlook(self) -> str:
        """What so many cases can show, and the way out."""
        if self.shown_drop is None:
            return ""
        shown = f"drops of {_points(self.shown_drop)} pt or more" if self.shown_drop < 1 else "no drop"
        outlook = (
            f"{_cases(self.cases)} show {shown}; {self.cases_enough} pass an unchanged system 3 times in 4."
        )
        if self.reason == _UNDECIDED:
            outlook += f" Or review the {_cases(len(self.fixed) + len(self.broke), 'changed case')}."
        return outlook


@dataclass(frozen=True, slots=True)
class _Ruling:
    result: Result
    reason: str


def judge(
    candidate: Sequence[CaseScore],
    baseline: Sequence[CaseScore] | None,
    *,
    margin: float = 0.05,
    min_score: float | None = None,
    invisible: Sequence[str] = (),
) -> Verdict:
    """Never PASS by default: whatever keeps the cases from being compared is INCONCLUSIVE, with its reason.

    `baseline` is None where nothing serves yet; only then does `min_score` decide. `invisible` names changes
    that the cases cannot show. That both sides ran the same suite version is the caller's to know.
    Raises `ValueError` where `margin` is not between 0 and 1.
    """
    if not 0 < margin < 1:
        raise ValueError(f"the margin must lie between 0 and 1, not at {margin}")
    compared = _compare(candidate, baseline or ())
    counts = compared.counts
    ruling = _must_pass_broken(candidate) or _unfit(candidate, baseline)
    if ruling is None:
        ruled = _first(candidate, min_score) if baseline is None else _paired(candidate, compared, margin)
        ruling = _as_far_as_visible(ruled, invisible)
    return Verdict(
        result=ruling.result,
        reason=ruling.reason,
        cases=len(candidate),
        candidate_mean=_mean(_candidate_score(case) for case in candidate),
        baseline_mean=None if baseline is None else _mean(_baseline_score(case) for case in baseline),
        difference=compared.difference,
        lower=counts.lower_bound() if counts else None,
        upper=counts.upper_bound() if counts else None,
        margin=margin,
        fixed=compared.fixed,
        broke=compared.broke,
        errored=tuple(sorted({case.id for case in (*candidate, *(baseline or ())) if case.errored})),
        shown_drop=counts.smallest_shown_drop() if counts else None,
        # At few differences the rule's number falls below the floor under which no verdict passes.
        cases_enough=max(counts.cases_enough(margin), least_cases(margin)) if counts else None,
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """The pairs of two experiments; all empty where they do not have the same cases."""

    difference: float | None = None
    fixed: tuple[str, ...] = ()
    broke: tuple[str, ...] = ()
    counts: PairedCounts | None = None


def _compare(candidate: Sequence[CaseScore], baseline: Sequence[CaseScore]) -> _Compared:
    before = {case.id: _baseline_score(case) for case in baseline}
    after = {case.id: _candidate_score(case) for case in candidate}
    if not before or before.keys() != after.keys():
        return _Compared()
    fixed = tuple(sorted(name for name in after if after[name] > before[name]))
    broke = tuple(sorted(name for name in after if after[name] < before[name]))
    simple = {*before.values(), *after.values()} <= {0.0, 1.0} and not _shared_groups(candidate)
    return _Compared(
        difference=_mean(after[name] - before[name] for name in after),
        fixed=fixed,
        broke=broke,
        counts=PairedCounts(len(after), len(fixed), len(broke)) if simple else None,
    )


def _candidate_score(case: CaseScore) -> float:
    return 0.0 if case.errored else case.score


def _baseline_score(case: CaseScore) -> float:
    # Both sides' errors count against the candidate, so that an outage can never pass a gate.
    return 1.0 if case.errored else case.score


def _must_pass_broken(candidate: Sequence[CaseScore]) -> _Ruling | None:
    broken = sorted(c.id for c in candidate if c.must_pass and not c.errored and not c.score >= 0.5)
    return _Ruling("FAIL", f"must_pass broken: {_listed(broken)}") if broken else None


def _unfit(candidate: Sequence[CaseScore], baseline: Sequence[CaseScore] | None) -> _Ruling | None:
    """Rule on experiments that are damaged or do not belong together."""
    flaw = _flaw("candidate", candidate, baseline)
    if not flaw and baseline is not None:
        flaw = _flaw("baseline", baseline, candidate)
    if not flaw and (errored := sorted(case.id for case in candidate if case.must_pass and case.errored)):
        flaw = f"must_pass errored: {_listed(errored)}"
    return _Ruling("INCONCLUSIVE", flaw) if flaw else None


def _flaw(side: str, cases: Sequence[CaseScore], other: Sequence[CaseScore] | None) -> str:
    ids = Counter(case.id for case in cases)
    if missing := sorted({case.id for case in other or ()} - ids.keys()):
        return f"the {side} lacks {_listed(missing)}"
    if not cases:
        return f"the {side} has no cases"
    if twice := sorted(name for name, count in ids.items() if count > 1):
        return f"the {side} lists {_listed(twice)} more than once"
    if outside := sorted(case.id for case in cases if not (case.errored or 0 <= case.score <= 1)):
        return f"the {side} has scores outside 0 to 1: {_listed(outside)}"
    errored = sum(case.errored for case in cases)
    if errored * 100 > len(cases) * _ERRORED_PER_CENT:
        return f"{errored} of {_cases(len(cases))} errored for the {side}, at most {_ERRORED_PER_CENT} % may"
    return ""


def _first(candidate: Sequence[CaseScore], min_score: float | None) -> _Ruling:
    """Rule on what has nothing to be compared with."""
    if min_score is None:
        return _Ruling("INCONCLUSIVE", "nothing to compare with, so the suite needs `min_score`")
    mean = _mean(_candidate_score(case) for case in candidate)
    held = mean >= min_score
    figures = f"{_points(mean, limit=min_score)} % is {'at least' if held else 'below'} `min_score`"
    reason = f"nothing to compare with; {figures} {_exactly(min_score)} %"
    return _Ruling("PASS" if held else "FAIL", reason)


def _paired(candidate: Sequence[CaseScore], compared: _Compared, margin: float) -> _Ruling:
    if groups := _shared_groups(candidate):
        return _Ruling("INCONCLUSIVE", f"groups of two or more cases are not yet judged: {_listed(groups)}")
    counts = compared.counts
    if counts is None:
        return _Ruling("INCONCLUSIVE", "scores other than 0 and 1 are not yet judged")
    if (more := least_cases(margin) - counts.cases) > 0:
        return _Ruling("INCONCLUSIVE", f"too few cases: {more} more")
    return _rule(counts, margin)


def _rule(counts: PairedCounts, margin: float) -> _Ruling:
    if counts.lower_bound() > -margin:
        small = "a small real drop: " if counts.upper_bound() < 0 else ""
        return _Ruling("PASS", f"{small}with 95 % confidence it is less than {_exactly(margin)} pt worse")
    if counts.shows_drop():
        cases = f"{counts.broke} of {_cases(counts.differing, 'changed case')} broke"
        chance = f"= {counts.p_of_drop():.2g}" if counts.p_of_drop() >= 0.001 else "< 0.001"
        return _Ruling("FAIL", f"a drop is shown: {cases} (exact McNemar p {chance})")
    return _Ruling("INCONCLUSIVE", _UNDECIDED)


def _as_far_as_visible(ruling: _Ruling, invisible: Sequence[str]) -> _Ruling:
    if not invisible or ruling.result == "FAIL":
        return ruling
    return _Ruling("INCONCLUSIVE", f"invisible to this suite: {', '.join(invisible)}")


def _shared_groups(cases: Sequence[CaseScore]) -> list[str]:
    sizes = Counter(case.group for case in cases if case.group)
    return sorted(group for group, size in sizes.items() if size > 1)


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return fsum(numbers) / len(numbers) if numbers else 0.0


def _points(share: float, *, limit: float | None = None) -> str:
    """A share as points, at most one decimal; more only where it would read like the `limit` it is not."""
    texts = [_rounded(share, digits) for digits in range(1, 7)]
    if limit is None or share == limit:
        return texts[0]
    return next((text for text in texts if text != _exactly(limit)), texts[-1])


def _exactly(limit: float) -> str:
    return _rounded(limit, 6)


def _rounded(share: float, digits: int) -> str:
    return f"{share * 100:z.{digits}f}".rstrip("0").rstrip(".").replace("-", "−")


def _cases(count: int, noun: str = "case") -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _listed(names: Sequence[str], separator: str = ", ") -> str:
    return separator.join((*names[:_NAMED], *(["…"] if len(names) > _NAMED else [])))
