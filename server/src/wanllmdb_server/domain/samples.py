"""Samples: values of runs that are alike, what they come to, and whether two of them differ.

Formulas and their sources stand in docs/explanation/comparing-runs.md. Everything is reckoned
from finite values; fewer than two say nothing about spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.distributions import (
    NORMAL,
    normal_p,
    rank_sum_p,
    signed_rank_p,
    t_beyond,
    t_p,
)

Values = NDArray[np.float64]
Truths = NDArray[np.bool_]
TestKind = Literal["welch-t", "mann-whitney", "paired-t", "wilcoxon"]
Interval = tuple[float, float]

_LARGEST: Final = 1e150  # whose square is still a number
RESAMPLES: Final = 10_000
_AT_ONCE: Final = 1_000_000  # drawn values that are reckoned with at once
_TOGETHER: Final = 100  # samples that are drawn together
_SEED: Final = 20_260_101  # the same question has the same answer
_FEW: Final = 8  # of the smaller sample: orders are counted, not approximated
_FEW_PAIRS: Final = 50


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sample comes to; None where it has too few values to say so."""

    n: int
    mean: float | None = None
    std: float | None = None
    min: float | None = None
    max: float | None = None
    median: float | None = None
    iqm: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test of two samples found.

    Attributes:
        n: how many values each had.
        effect: Hedges' g, Cohen's d of the pairs, or a rank-biserial correlation.
        difference: of the means; of rank tests the median of all differences (Hodges, Lehmann).
        ci: of the difference of means; rank tests give none.
    """

    kind: TestKind
    n: tuple[int, int]
    statistic: float | None
    p: float | None
    effect: float | None
    difference: float
    ci: Interval | None = None


def finite(values: Values) -> Truths:
    """Which values can be reckoned with: neither special nor so large that squares run over."""
    return np.abs(values) < _LARGEST


def summary(values: Values) -> Summary:
    """What the values come to."""
    n = len(values)
    if not n:
        return Summary(0)
    ordered = np.sort(values)
    cut = n // 4
    return Summary(
        n=n,
        mean=_mean(values),
        std=float(np.std(values, ddof=1)) if n > 1 else None,
        min=float(ordered[0]),
        max=float(ordered[-1]),
        median=float(np.median(ordered)),
        iqm=_mean(ordered[cut : n - cut]),
    )


def mean_intervals(several: Sequence[Values], confidence: float) -> list[Interval | None]:
    """Between which values the mean of each sample lies: BCa bootstrap (Efron 1987).

    Samples of one size are drawn together, which is much quicker, and the same every time.
    None of a sample of fewer than two values.
    """
    found: list[Interval | None] = [None] * len(several)
    of_size: dict[int, list[int]] = {}
    for at, values in enumerate(several):
        if len(values) > 1:
            of_size.setdefault(len(values), []).append(at)
    for size, places in of_size.items():
        for first in range(0, len(places), _TOGETHER):
            some = places[first : first + _TOGETHER]
            means = _resampled(np.stack([several[at] for at in some], axis=1), size)
            for at, mine in zip(some, means.T, strict=True):
                found[at] = _interval(several[at], mine, confidence)
    return found


def _interval(values: Values, means: Values, confidence: float) -> Interval:
    mean = _mean(values)
    if _constant(values):
        return mean, mean
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    below = float(np.mean(means < mean) + np.mean(means <= mean)) / 2
    if 0 < below < 1:
        tails = _corrected(tails, NORMAL.inv_cdf(below), _acceleration(values - mean))
    low, high = np.quantile(means, tails)
    return float(low), float(high)


def _resampled(values: Values, n: int) -> Values:
    """The means of resamples of each column of values [n, samples]."""
    rng = np.random.default_rng((_SEED, n))
    rows = max(1, _AT_ONCE // n)
    sizes = [min(rows, RESAMPLES - at) for at in range(0, RESAMPLES, rows)]
    return np.concatenate([_counted(rng, size, n) @ values for size in sizes]) / n


def welch(a: Values, b: Values, confidence: float) -> Outcome:
    """Whether the means differ, whatever the spreads are (Welch 1947)."""
    n, m = len(a), len(b)
    shares = float(np.var(a, ddof=1)) / n, float(np.var(b, ddof=1)) / m
    difference = _mean(a) - _mean(b)
    error = math.sqrt(sum(shares))
    if error == 0:
        return Outcome("welch-t", (n, m), None, None, None, difference)
    freedom = sum(shares) ** 2 / (shares[0] ** 2 / (n - 1) + shares[1] ** 2 / (m - 1))
    pooled = math.sqrt((shares[0] * n * (n - 1) + shares[1] * m * (m - 1)) / (n + m - 2))
    small = 1 - 3 / (4 * (n + m) - 9)  # Hedges' correction: d is too large in small samples
    t = difference / error
    half = t_beyond(1 - confidence, freedom) * error
    ci = (difference - half, difference + half)
    p = t_p(t, freedom)
    return Outcome("welch-t", (n, m), t, p, small * difference / pooled, difference, ci)


def mann_whitney(a: Values, b: Values) -> Outcome:
    """Whether one sample tends to be larger (Mann, Whitney 1947)."""
    n, m = len(a), len(b)
    ranks = ranked(np.concatenate((a, b)))
    u = float(ranks[:n].sum()) - n * (n + 1) / 2
    effect = 2 * u / (n * m) - 1
    difference = float(np.median(a[:, None] - b[None, :]))
    ties = _ties(ranks)
    if not ties and min(n, m) <= _FEW:
        p: float | None = rank_sum_p(u, n, m)
    else:
        total = n + m
        variance = n * m / 12 * ((total + 1) - ties / (total * (total - 1)))
        # A half towards the middle, as U is a whole number and the curve is not.
        far = max(0.0, abs(u - n * m / 2) - 0.5)
        p = normal_p(far / math.sqrt(variance)) if variance > 0 else None
    return Outcome("mann-whitney", (n, m), u, p, effect, difference)


def paired_t(a: Values, b: Values, confidence: float) -> Outcome:
    """Whether the mean difference of pairs is not 0 (Student 1908)."""
    apart = a - b
    n = len(apart)
    difference, std = _mean(apart), float(np.std(apart, ddof=1))
    if std == 0:
        return Outcome("paired-t", (n, n), None, None, None, difference)
    error = std / math.sqrt(n)
    half = t_beyond(1 - confidence, n - 1) * error
    ci = (difference - half, difference + half)
    t = difference / error
    return Outcome("paired-t", (n, n), t, t_p(t, n - 1), difference / std, difference, ci)


def wilcoxon(a: Values, b: Values) -> Outcome:
    """Whether the differences of pairs lie on both sides of 0 alike (Wilcoxon 1945)."""
    apart = a - b
    some = apart[apart != 0]
    n = len(some)
    first, second = np.triu_indices(len(apart))
    difference = float(np.median((apart[first] + apart[second]) / 2))
    if not n:
        return Outcome("wilcoxon", (len(a), len(b)), None, None, None, difference)
    ranks = ranked(np.abs(some))
    above = float(ranks[some > 0].sum())
    whole = n * (n + 1) / 2
    low = min(above, whole - above)
    if n <= _FEW_PAIRS:
        p = signed_rank_p(low, ranks.tolist())
    else:
        variance = n * (n + 1) * (2 * n + 1) / 24 - _ties(ranks) / 48
        p = normal_p((low - whole / 2) / math.sqrt(variance))
    effect = 2 * above / whole - 1
    return Outcome("wilcoxon", (len(a), len(b)), low, p, effect, difference)


def ranked(values: Values) -> Values:
    """The place of each value in their order, from 1; equal ones share the middle of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((2 * ends - counts + 1) / 2)[place]


def pearson(a: Values, b: Values) -> float | None:
    """How far the values lie on a line, -1 to 1; None where one of them never changes."""
    if len(a) < 2 or _constant(a) or _constant(b):
        return None
    found = float(np.dot(_unit(a), _unit(b)))
    return None if math.isnan(found) else min(1.0, max(-1.0, found))


def spearman(a: Values, b: Values) -> float | None:
    """The same of their ranks: whether one rises where the other does (Spearman 1904)."""
    return pearson(ranked(a), ranked(b))


def _constant(values: Values) -> bool:
    return bool(np.all(values == values[0]))


def _unit(values: Values) -> Values:
    """As a vector of length 1 about 0; large and small values without running over."""
    values = values / np.max(np.abs(values))
    values = values - values.mean()
    length = float(np.linalg.norm(values))
    return values / length if length else values * np.nan


def _mean(values: Values) -> float:
    return float(np.mean(values))


def _ties(ranks: Values) -> float:
    """The sum of t³ - t over the values that t times are equal."""
    counts = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    return float(np.sum(counts**3 - counts))


def _counted(rng: np.random.Generator, rows: int, n: int) -> Values:
    """How often each of n values is in each resample."""
    drawn = rng.integers(n, size=(rows, n)) + np.arange(rows)[:, None] * n
    counts = np.bincount(drawn.ravel(), minlength=rows * n)
    return counts.reshape(rows, n).astype(np.float64)


def _acceleration(centred: Values) -> float:
    """How the spread of the mean moves with it: a sixth of the skewness of the jackknife."""
    scaled = centred / np.max(np.abs(centred))
    return float(np.sum(scaled**3) / (6 * np.sum(scaled**2) ** 1.5))


def _corrected(tails: Interval, bias: float, acceleration: float) -> Interval:
    found: list[float] = []
    for tail in tails:
        z = bias + NORMAL.inv_cdf(tail)
        found.append(NORMAL.cdf(bias + z / (1 - acceleration * z)))
    return found[0], found[1]
