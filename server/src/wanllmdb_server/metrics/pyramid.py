"""Bins: a series at coarser and coarser steps, such that joining them loses nothing.

A bin says of a stretch of steps: which point was its last, how low and high the finite points
went, what they sum up to, how many they were, and how many were NaN or infinite. A point is a
bin; bins of one stretch fold into one bin; folding in any order, from any chunk, gives the
same answer. That is why a curve is the same before and after sealing, merging and restarting.

Bins are one int64 matrix, a row per field and a column per bin, so that thousands of them move
in one copy; `floats` shows the same bytes as float64. A pyramid is the bins of a series at
each of `LEVELS`, aligned to step 0.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bins: TypeAlias = NDArray[np.int64]

LEVELS: Final = (16, 256, 4096, 65536)
SHRINK: Final = 4  # a level is kept where it is this much smaller than what it is made from
LEAST: Final = 64  # points; below, drawing from the points costs the same

# The rows of the matrix. SUM + REST is the sum, in twice the digits of a float64, so that
# the order of adding does not show. COUNT holds finite | nan << 32, ODD posinf | neginf << 32.
STEP, TIME, LAST, LOW, HIGH, SUM, REST, COUNT, ODD = range(9)
FIELDS: Final = 9
_HALF: Final = 32
_MASK: Final = (1 << _HALF) - 1
_HUGE: Final = 2.0**900
PAIR: Final = 2


def floats(bins: Bins) -> Floats:
    """The same matrix, its bytes seen as float64."""
    return bins.view(np.float64)


def of_points(step: Ints, time: Ints, value: Floats) -> Bins:
    """Every point as a bin of its own."""
    bins = np.empty((FIELDS, len(step)), np.int64)
    reals = floats(bins)
    bins[STEP], bins[TIME], reals[LAST] = step, time, value
    bins[REST] = 0
    finite = np.isfinite(value)
    value = value + 0.0  # of the two zeros one, lest it depend on the order which one wins
    if finite.all():
        reals[LOW : SUM + 1] = value
        bins[COUNT], bins[ODD] = 1, 0
        return bins
    reals[LOW] = reals[HIGH] = np.where(finite, value, np.nan)
    reals[SUM] = np.where(finite, value, 0.0)
    bins[COUNT] = finite + (np.isnan(value).astype(np.int64) << _HALF)
    bins[ODD] = (value == np.inf) + ((value == -np.inf).astype(np.int64) << _HALF)
    return bins


def fold(bins: Bins, starts: Ints) -> Bins:
    """The stretches beginning at `starts`, each as one bin. Within one, steps do not fall."""
    width = bins.shape[1]
    if len(starts) == width:
        return bins
    ends = np.append(starts[1:], width) - 1
    lengths = ends + 1 - starts
    if lengths.max() <= PAIR:
        return _in_pairs(bins, starts, ends)
    out = np.empty((FIELDS, len(starts)), np.int64)
    out[: LAST + 1] = bins[: LAST + 1, ends]
    reals, folded = floats(bins), floats(out)
    np.fmin.reduceat(reals[LOW], starts, out=folded[LOW])
    np.fmax.reduceat(reals[HIGH], starts, out=folded[HIGH])
    with np.errstate(over="ignore", invalid="ignore"):  # `means` knows of sums beyond float64
        folded[SUM], folded[REST] = _sums(reals[SUM], reals[REST], starts, lengths)
    np.add.reduceat(bins[COUNT], starts, out=out[COUNT])
    if bins[ODD].any():
        np.add.reduceat(bins[ODD], starts, out=out[ODD])
    else:
        out[ODD] = 0
    return out


def _in_pairs(bins: Bins, starts: Ints, ends: Ints) -> Bins:
    """`fold` where no stretch has more than two bins: the usual zoom, in a third of the time."""
    out, other = bins.take(starts, axis=1), bins[LOW:].take(ends, axis=1)
    out[: LAST + 1] = bins[: LAST + 1, ends]
    other[SUM - LOW :, starts == ends] = 0  # one alone: of nothing else is there anything to add
    folded, reals = floats(out), floats(other)
    np.fmin(folded[LOW], reals[LOW - LOW], out=folded[LOW])
    np.fmax(folded[HIGH], reals[HIGH - LOW], out=folded[HIGH])
    with np.errstate(over="ignore", invalid="ignore"):
        one, two = folded[SUM], reals[SUM - LOW]
        total, error = _two_sum(one, two)
        error[np.maximum(np.abs(one), np.abs(two)) > _HUGE] = 0.0  # as `_sums` does
        error += folded[REST] + reals[REST - LOW]
        folded[SUM], folded[REST] = _two_sum(total, error)
    out[COUNT] += other[COUNT - LOW]
    out[ODD] += other[ODD - LOW]
    return out


def counts(bins: Bins) -> tuple[Ints, Ints, Ints, Ints]:
    """Finite, NaN, +infinity, -infinity: how many points of each in every bin."""
    count, odd = bins[COUNT], bins[ODD]
    return count & _MASK, count >> _HALF, odd & _MASK, odd >> _HALF


def means(bins: Bins) -> Floats:
    """Mean of the finite points of every bin, NaN where there is none."""
    reals = floats(bins)
    finite = bins[COUNT] & _MASK
    mean = np.full(bins.shape[1], np.nan)
    np.divide(reals[SUM], finite, out=mean, where=finite > 0)
    # Rounding, or a sum beyond the largest float, must not put the mean outside the points.
    mean = np.clip(mean, reals[LOW], reals[HIGH])
    lost = np.isnan(mean) & (finite > 0)
    if lost.any():
        mean[lost] = reals[LOW, lost] / 2 + reals[HIGH, lost] / 2
    return mean


def starts_of(*columns: Ints) -> Ints:
    """Where a new stretch begins: at every change in one of the columns."""
    if not len(columns[0]):
        return np.empty(0, np.int64)
    change = columns[0][1:] != columns[0][:-1]
    for column in columns[1:]:
        change |= column[1:] != column[:-1]
    return np.concatenate(([0], np.flatnonzero(change) + 1))


def _sums(high: Floats, low: Floats, starts: Ints, lengths: Ints) -> tuple[Floats, Floats]:
    """The sum of every stretch as an unevaluated pair, whatever the order of its summands.

    Each summand is cut at a power of two that is fixed by its stretch's largest, such that the
    upper parts add up without rounding; twice; only what is left after that is rounded.
    """
    largest = np.maximum.reduceat(np.abs(high), starts)
    exponent = np.frexp(largest)[1] + np.ceil(np.log2(lengths + 2)).astype(np.int32)
    unit = np.ldexp(1.0, np.minimum(exponent, 1023))
    unit[largest > _HUGE] = 0.0  # no room above: these are added plainly
    cut = np.repeat(unit, lengths)
    upper = (cut + high) - cut
    left = high - upper
    total = np.add.reduceat(upper, starts)
    if not left.any():
        return _two_sum(total, np.add.reduceat(low, starts) if low.any() else np.zeros(1))
    bits = exponent - np.frexp(largest)[1]
    cut = np.repeat(unit * np.ldexp(1.0, bits - 53), lengths)
    middle = (cut + left) - cut
    total, error = _two_sum(total, np.add.reduceat(middle, starts))
    error += np.add.reduceat(left - middle, starts) + np.add.reduceat(low, starts)
    return _two_sum(total, error)


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The sum of two, and what the rounding of that addition left out."""
    total = a + b
    part = total - a
    error = (a - (total - part)) + (b - part)
    return total, np.where(np.isfinite(total), error, 0.0)


def levels(bins: Bins, owner: Ints) -> list[tuple[Bins, Ints]]:
    """The pyramids of many series at once.

    Args:
        bins: the points of all series, series after series, each by step.
        owner: to which series a bin belongs, ascending.

    Returns:
        For each of LEVELS the bins worth keeping and their owners.
    """
    size = int(owner[-1]) + 1 if len(owner) else 0
    points = np.bincount(owner, minlength=size)
    kept = points.copy()  # how many bins the finest source so far has, for each series
    found: list[tuple[Bins, Ints]] = []
    for level in LEVELS:
        starts = starts_of(owner, bins[STEP] // level)
        bins, owner = fold(bins, starts), owner[starts]
        here = np.bincount(owner, minlength=size)
        worth = (here * SHRINK <= kept) & (points >= LEAST)
        kept = np.where(worth, here, kept)
        chosen = worth[owner]
        found.append((bins, owner) if chosen.all() else (bins[:, chosen], owner[chosen]))
    return found
