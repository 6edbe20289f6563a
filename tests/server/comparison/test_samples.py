"""What samples come to, beside scipy (https://scipy.org), which reckons the same in other ways."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from wanllmdb_server.domain import distributions, samples
from wanllmdb_server.domain.samples import Interval

Values = NDArray[np.float64]
SIZES = [(2, 2), (3, 9), (8, 30), (9, 9), (5, 1), (40, 55)]


def drawn(seed: int, n: int, m: int, *, digits: int | None = None) -> tuple[Values, Values]:
    """Two samples; rounded ones have equal values."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 1, n) ** 3, rng.normal(0.4, 2, m)
    return (a, b) if digits is None else (np.round(a, digits), np.round(b, digits))


def interval(values: Values) -> Interval | None:
    return samples.mean_intervals([values], 0.95)[0]


@pytest.mark.parametrize("freedom", [0.8, 1, 2.5, 30, 1e4])
def test_students_t_is_that_of_scipy(freedom: float) -> None:
    for t in (0.0, 1e-6, 0.3, 1.96, 7.0, 60.0):
        mine = distributions.t_p(t, freedom)
        assert mine == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-9)
    for p in (0.5, 0.05, 1e-3):
        mine = distributions.t_beyond(p, freedom)
        assert mine == pytest.approx(stats.t.isf(p / 2, freedom), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [each for each in SIZES if min(each) > 1])
def test_welch_is_that_of_scipy(n: int, m: int) -> None:
    a, b = drawn(n * m, n, m)
    mine, theirs = samples.welch(a, b, 0.9), stats.ttest_ind(a, b, equal_var=False)
    assert (mine.statistic, mine.p) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    between = theirs.confidence_interval(0.9)
    assert mine.ci == pytest.approx((between.low, between.high), rel=1e-9)
    assert mine.difference == pytest.approx(a.mean() - b.mean())


@pytest.mark.parametrize("digits", [None, 0])
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_mann_whitney_is_that_of_scipy(n: int, m: int, digits: int | None) -> None:
    a, b = drawn(n + m, n, m, digits=digits)
    mine = samples.mann_whitney(a, b)
    ties = len(np.unique(np.concatenate((a, b)))) < n + m
    method = "exact" if not ties and min(n, m) <= 8 else "asymptotic"
    theirs = stats.mannwhitneyu(a, b, method=method)
    assert (mine.statistic, mine.p) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    above = np.mean(np.sign(a[:, None] - b[None, :]))
    assert mine.effect == pytest.approx(above)


@pytest.mark.parametrize("n", [2, 5, 12, 50, 80])
def test_tests_of_pairs_are_those_of_scipy(n: int) -> None:
    a, b = drawn(n, n, n)
    student, theirs = samples.paired_t(a, b, 0.95), stats.ttest_rel(a, b)
    assert (student.statistic, student.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    mine = samples.wilcoxon(a, b)
    expected = stats.wilcoxon(a, b, method="exact" if n <= 50 else "asymptotic")
    assert mine.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert mine.statistic == pytest.approx(expected.statistic)


def test_equal_differences_of_pairs_are_counted_not_approximated() -> None:
    a, b = np.array([1.0, 2, 3, 4, 5, 7]), np.array([0.0, 1, 4, 2, 2, 7])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 5)).reshape(5, -1)
    ranks = stats.rankdata([1, 1, 1, 2, 3])
    sums = np.where(signs > 0, ranks[:, None], 0).sum(axis=0)
    seen = float(ranks[[0, 1, 3, 4]].sum())
    least = min(np.mean(sums >= seen), np.mean(sums <= seen))
    assert samples.wilcoxon(a, b).p == pytest.approx(min(1, 2 * least))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9, 40])
def test_a_summary_is_that_of_numpy_and_scipy(n: int) -> None:
    values, _ = drawn(n, n, 1)
    mine = samples.summary(values)
    assert mine.mean == pytest.approx(values.mean())
    assert mine.iqm == pytest.approx(stats.trim_mean(values, 0.25))
    assert mine.median == pytest.approx(np.median(values))
    assert mine.std == (None if n == 1 else pytest.approx(values.std(ddof=1)))
    assert (mine.min, mine.max) == (values.min(), values.max())


@pytest.mark.parametrize("n", [5, 20, 300])
def test_the_bootstrap_is_that_of_scipy_within_its_noise_and_always_the_same(n: int) -> None:
    values, _ = drawn(n, n, 1)
    mine = interval(values)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=10_000, rng=1).confidence_interval
    assert mine is not None
    assert mine == pytest.approx((theirs.low, theirs.high), abs=0.06 * (theirs.high - theirs.low))
    assert interval(values) == mine


def test_samples_that_are_drawn_together_are_as_if_drawn_alone() -> None:
    several = [drawn(at, 5 + at % 2, 1)[0] for at in range(250)]
    together = samples.mean_intervals(several, 0.95)
    for at in (0, 1, 249):
        assert together[at] == pytest.approx(interval(several[at]), rel=1e-12)


def test_too_few_values_and_values_that_never_change_are_said_as_they_are() -> None:
    same = np.full(4, 2.5)
    assert interval(same) == (2.5, 2.5)
    assert interval(same[:1]) is None
    assert samples.summary(same[:0]).mean is None
    assert samples.welch(same, same, 0.95).p is None
    assert samples.paired_t(same, same, 0.95).p is None
    assert samples.wilcoxon(same, same).p is None
    assert samples.mann_whitney(same, same).p is None
    assert samples.pearson(same, np.arange(4.0)) is None


@pytest.mark.parametrize("digits", [None, 0])
def test_correlations_are_those_of_scipy(digits: int | None) -> None:
    a, b = drawn(7, 30, 30, digits=digits)
    assert samples.pearson(a, b) == pytest.approx(stats.pearsonr(a, b).statistic)
    assert samples.spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    huge = samples.pearson(a * 1e140, b * 1e-140)
    assert huge == pytest.approx(stats.pearsonr(a, b).statistic)


def test_figures_are_those_that_scipy_once_gave() -> None:
    """Of scipy 1.17.1, kept as numbers: no later version changes what is expected here."""
    a = np.array([0.91, 0.85, 0.88, 0.79, 0.95])
    b = np.array([0.80, 0.77, 0.83, 0.81, 0.70])
    welch, ranks = samples.welch(a, b, 0.95), samples.mann_whitney(a, b)
    pairs, signed = samples.paired_t(a, b, 0.95), samples.wilcoxon(a, b)
    assert (welch.statistic, welch.p) == pytest.approx((2.658721497261418, 0.029661282087917233))
    assert (ranks.statistic, ranks.p) == pytest.approx((22.0, 0.05555555555555555))
    assert (pairs.statistic, pairs.p) == pytest.approx((2.109299411666441, 0.10257145842592255))
    assert (signed.statistic, signed.p) == pytest.approx((1.0, 0.125))
    assert samples.spearman(a, b) == pytest.approx(-0.5)
    # The bootstrap (BCa) with 200,000 resamples.
    assert interval(a) == pytest.approx((0.826, 0.92), abs=0.003)
