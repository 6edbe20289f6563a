"""Axes: where the buckets of curves lie on an x axis that is not that of steps.

A curve is bucketed by step. On another axis a bucket lies where its last point lies: at the
time of that point, or at what another metric of the run said last in the same bucket. Nothing
is drawn between two values of that metric that was not logged, and where it says NaN, nothing
is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.series import Curve, Window

_INT64: Final = 1 << 63
_COLUMNS: Final = (
    *("bin", "step", "time", "last", "low", "high", "mean"),
    *("count", "nan", "posinf", "neginf"),
)


def steps_between(curve: Curve, first: float, last: float) -> tuple[int, int] | None:
    """The steps whose points may lie between two times, seen on the buckets of the whole.

    A bucket's time is that of its last point, so the first bucket that reaches into the
    window may hold points from before it, and the bucket behind the window points from within.
    """
    if not len(curve.time):
        return None
    before = np.concatenate([[-_INT64], curve.time[:-1]])
    return _steps(curve, (curve.time >= first) & (before <= last))


def steps_valued(curve: Curve, first: float, last: float) -> tuple[int, int] | None:
    """The steps at which the points of a curve may lie between two values of their own."""
    return _steps(curve, (curve.high >= first) & (curve.low <= last))


def joined(spans: Sequence[tuple[int, int]]) -> tuple[Window, float]:
    """One window over all spans, and how many times the widest span it is.

    Runs of different speed show different steps at one time. One grid serves them all, and
    with so many times the buckets each of them still gets what it would have had alone.
    """
    low, high = min(first for first, _ in spans), max(last for _, last in spans)
    widest = max(last - first + 1 for first, last in spans)
    return Window(max(low, -_INT64), min(high, _INT64 - 1)), (high - low + 1) / widest


def cut(curve: Curve, first: float, last: float) -> Curve:
    """The curve without the buckets whose point lies outside of two times."""
    return some(curve, (curve.time >= first) & (curve.time <= last))


def some(curve: Curve, chosen: NDArray[np.bool_]) -> Curve:
    """The curve with these of its buckets alone."""
    if chosen.all():
        return curve
    columns: dict[str, Any] = {name: getattr(curve, name)[chosen] for name in _COLUMNS}
    return replace(curve, **columns)


@dataclass(frozen=True, slots=True)
class Along:
    """A curve over another metric of its run.

    Attributes:
        curve: the buckets that have a place on the axis, by step.
        x: float64, where they lie.
        dropped: points in buckets where the other metric was last logged as NaN or infinite.
        unplaced: points in buckets where it was not logged at all.
    """

    curve: Curve
    x: NDArray[np.float64]
    dropped: int = 0
    unplaced: int = 0


def along(curve: Curve, other: Curve) -> Along:
    """The buckets of a curve that another one has, too, each at its last value; one grid."""
    _, mine, theirs = np.intersect1d(curve.bin, other.bin, assume_unique=True, return_indices=True)
    x = other.last[theirs]
    finite = np.isfinite(x)
    kept, shared = np.zeros(len(curve.bin), bool), np.zeros(len(curve.bin), bool)
    kept[mine[finite]] = True
    shared[mine] = True
    return Along(
        some(curve, kept),
        x[finite],
        _points(curve, shared & ~kept),
        _points(curve, ~shared),
    )


def within(placed: Along, first: float, last: float) -> Along:
    """Those of its buckets that lie between two values of the axis."""
    inside = (placed.x >= first) & (placed.x <= last)
    return replace(placed, curve=some(placed.curve, inside), x=placed.x[inside])


def _points(curve: Curve, chosen: NDArray[np.bool_]) -> int:
    """How many points these buckets hold, finite or not."""
    return sum(
        int(getattr(curve, name)[chosen].sum(dtype=np.int64))
        for name in ("count", "nan", "posinf", "neginf")
    )


def _steps(curve: Curve, touched: NDArray[np.bool_]) -> tuple[int, int] | None:
    places = np.flatnonzero(touched)
    if not len(places):
        return None
    begin, end = int(curve.bin[places[0]]), int(curve.bin[places[-1]])
    return begin * curve.width, (end + 1) * curve.width - 1
