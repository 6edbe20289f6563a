"""Distributions: how likely it is to see such a statistic by chance. Two-sided everywhere.

Student's t by the continued fraction of the incomplete beta function (DLMF 8.17.22); the rank
sums of Mann and Whitney, and of Wilcoxon, by counting all orders that chance could have made.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

_TINY: Final = 1e-300
_EPSILON: Final = 1e-15
_ROUNDS: Final = 10_000  # no series comes near
NORMAL: Final = NormalDist()


def normal_p(z: float) -> float:
    """How likely chance is as far from 0 as `z`, of a standard normal distribution."""
    return math.erfc(abs(z) / math.sqrt(2))


def t_p(t: float, freedom: float) -> float:
    """The same of Student's t with so many degrees of freedom."""
    if math.isinf(t):
        return 0.0
    square = t * t
    if square < freedom:  # the other side of the same function, which keeps small t apart
        return 1.0 - beta(square / (freedom + square), 0.5, freedom / 2)
    return beta(freedom / (freedom + square), freedom / 2, 0.5)


def t_beyond(p: float, freedom: float) -> float:
    """The t whose two-sided probability is `p`, at most 0.5.

    By Newton's method from the normal curve's, which is never beyond it: what is left of the
    probability falls ever slower, so no step leads too far.
    """
    t = NORMAL.inv_cdf(1 - p / 2)
    height = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    height -= math.log(freedom * math.pi) / 2
    for _ in range(_ROUNDS):
        density = math.exp(height - (freedom + 1) / 2 * math.log1p(t * t / freedom))
        step = (t_p(t, freedom) - p) / (2 * density)
        t += step
        if abs(step) <= _EPSILON * 10 * t:
            break
    return t


def beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly, the other side is quick
        return 1.0 - beta(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(front + a * math.log(x) + b * math.log1p(-x))
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's way through the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1.0 / _apart(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _ROUNDS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = 1.0
        for each in (even, odd):
            d, c = 1.0 / _apart(1 + each * d), _apart(1 + each / c)
            step = c * d
            found *= step
        if abs(step - 1) < _EPSILON:
            break
    return found


def _apart(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def rank_sum_p(u: float, first: int, second: int) -> float:
    """How likely chance gives U as far from its middle as `u`, where no values are equal."""
    ways = _orders(min(first, second), max(first, second))
    least = min(int(u), first * second - int(u))
    return min(1.0, 2 * sum(ways[: least + 1]) / math.comb(first + second, first))


@functools.lru_cache(maxsize=64)
def _orders(few: int, many: int) -> tuple[int, ...]:
    """In how many orders of the values each U comes out: a Gaussian binomial coefficient."""
    ways = [1] + [0] * (few * many)
    for k in range(1, few + 1):
        for at in range(len(ways) - 1, many + k - 1, -1):
            ways[at] -= ways[at - many - k]
        for at in range(k, len(ways)):
            ways[at] += ways[at - k]
    return tuple(ways)


def signed_rank_p(low: float, ranks: Sequence[float]) -> float:
    """How likely chance, that gives each rank its sign, leaves one side a sum of at most `low`.

    The ranks may be halves, where values are equal.
    """
    doubled = [round(2 * rank) for rank in ranks]
    ways = [1] + [0] * sum(doubled)
    reach = 0
    for rank in doubled:
        for at in range(reach, -1, -1):
            ways[at + rank] += ways[at]
        reach += rank
    return min(1.0, 2 * sum(ways[: round(2 * low) + 1]) / 2 ** len(doubled))
