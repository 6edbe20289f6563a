"""Bundle: the curves of several runs as one, bucket by bucket, exactly.

All curves of one grid share their buckets, so runs are compared where they were at the same
step, with nothing interpolated. In a bucket each run weighs once, by the mean of its finite
points there, however often it logged. Values are put in order before they are added up: the
answer does not depend on the order of the runs.

On an axis other than that of steps the buckets are of x: a run's own buckets, each as a whole,
fall into that of x in which its last point lies. Their width is a power of two, too, and they
are aligned to 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.series import Curve, GroupCurve
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.pyramid import Floats, Ints

Aggregate = Literal["mean", "median", "min", "max", "std", "stderr"]
AGGREGATES: Final[tuple[Aggregate, ...]] = get_args(Aggregate)

_CELLS: Final = 1 << 20  # of a table of runs and buckets in memory at once
_ODD: Final = ("nan", "posinf", "neginf")
_MANTISSA: Final = 52  # bits; no bucket is narrower than the distance of two floats


@dataclass(frozen=True, slots=True)
class Lane:
    """A run's curve, and where its buckets lie: x, and the number of the bucket of the bundle."""

    curve: Curve
    x: Floats
    bucket: Ints


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the runs of a bundle: aggregates, and quantiles from 0 to 1."""

    aggregates: Sequence[Aggregate] = ("mean",)
    quantiles: Sequence[float] = ()


def lanes_by_step(curves: Sequence[Curve]) -> list[Lane]:
    """Curves of one grid on the axis of steps."""
    return [Lane(curve, curve.step.astype(np.float64), curve.bin) for curve in curves]


def lanes_by_x(drawn: Sequence[tuple[Curve, Floats]], buckets: int) -> tuple[list[Lane], float]:
    """Curves on another axis, and the width of its buckets, of which there are at most so many."""
    filled = [x for _, x in drawn if len(x)]
    if not filled:
        return [Lane(curve, x, np.empty(0, np.int64)) for curve, x in drawn], 1.0
    low = min(float(x.min()) for x in filled)
    high = max(float(x.max()) for x in filled)
    exponent = _exponent(low, high, buckets)
    first = np.floor(np.ldexp(low, -exponent))
    lanes = [
        Lane(curve, x, (np.floor(np.ldexp(x, -exponent)) - first).astype(np.int64))
        for curve, x in drawn
    ]
    return lanes, float(np.ldexp(1.0, exponent))


def named(q: float) -> str:
    """What the column of a quantile is called."""
    return f"q{q:.12g}"


def bundled(lanes: Sequence[Lane], wanted: Wanted) -> GroupCurve:
    """The curves of several runs as one."""
    lanes = [lane for lane in lanes if len(lane.bucket)]
    if not lanes:
        return _empty(wanted)
    table = _Table(lanes)
    folded = table.means()
    parts = [_aggregates(part, wanted) for part in _tables(*folded, table.size, len(lanes))]
    columns = {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}
    runs = columns.pop("runs")
    return GroupCurve(
        x=np.maximum.reduceat(table.take("x"), table.starts),
        runs=runs.astype(np.uint32),
        low=np.fmin.reduceat(table.take("low"), table.starts),
        high=np.fmax.reduceat(table.take("high"), table.starts),
        count=table.sums("count"),
        nan=table.sums("nan"),
        posinf=table.sums("posinf"),
        neginf=table.sums("neginf"),
        aggregates=columns,
    )


class _Table:
    """The buckets of all lanes behind one another, by bucket and then by lane.

    Attributes:
        size: how many buckets the bundle has.
        starts: where each of them begins.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes
        lengths = [len(lane.bucket) for lane in lanes]
        bucket = np.concatenate([lane.bucket for lane in lanes])
        bucket -= bucket.min()
        # Buckets are few: as small integers they are sorted by their digits.
        small = bucket.astype(np.uint16) if bucket.max() < 1 << 16 else bucket
        self._order = np.argsort(small, kind="stable")
        self._bucket = bucket[self._order]
        self._lane = np.repeat(np.arange(len(lanes)), lengths)[self._order]
        self.starts = pyramid.starts_of(self._bucket)
        self.size = len(self.starts)

    def take(self, name: str) -> NDArray[np.float64]:
        """A column of all lanes in the table's order, as float64."""
        parts = [lane.x if name == "x" else getattr(lane.curve, name) for lane in self._lanes]
        return np.concatenate(parts, dtype=np.float64)[self._order]

    def sums(self, name: str) -> Floats:
        """A column of whole numbers, added up for each bucket."""
        column = self.take(name)
        if name in _ODD and not column.any():
            return column[: self.size]  # zeros
        return np.add.reduceat(column, self.starts)

    def means(self) -> tuple[Ints, Ints, Floats]:
        """(place of the bucket, lane, mean of its finite points) for each lane and bucket."""
        place = np.repeat(np.arange(self.size), np.diff(np.append(self.starts, len(self._bucket))))
        mean = self.take("mean")
        again = (place[1:] == place[:-1]) & (self._lane[1:] == self._lane[:-1])
        if not again.any():
            return place, self._lane, mean
        starts = np.concatenate(([0], np.flatnonzero(~again) + 1))
        count = self.take("count")
        weight = count / np.repeat(
            np.add.reduceat(count, starts).clip(1), np.diff(np.append(starts, len(count)))
        )
        share = np.where(count > 0, mean, 0.0) * weight
        total = np.add.reduceat(share, starts)
        total[np.add.reduceat(count, starts) == 0] = np.nan
        return place[starts], self._lane[starts], total


def _tables(
    place: Ints, lane: Ints, mean: Floats, size: int, lanes: int
) -> Iterator[NDArray[np.float64]]:
    """The means as tables of buckets by runs, a row ascending and then NaN."""
    rows = max(1, _CELLS // lanes)
    for first in range(0, size, rows):
        a, b = np.searchsorted(place, (first, first + rows)).tolist()
        table = np.full((min(rows, size - first), lanes), np.nan)
        table[place[a:b] - first, lane[a:b]] = mean[a:b]
        table.sort(axis=1)
        yield table


def _aggregates(table: NDArray[np.float64], wanted: Wanted) -> dict[str, Floats]:
    """What is wanted of each row of a table; `runs` is how many values it has."""
    known = ~np.isnan(table)
    n = known.sum(axis=1)
    found: dict[str, Floats] = {"runs": n}
    for name in wanted.aggregates:
        found[name] = _OF_ROWS[name](table, known, n)
    for q in wanted.quantiles:
        found[named(q)] = _quantile(table, n, q)
    return found


def _lowest(table: NDArray[np.float64], _known: NDArray[np.bool_], _n: Ints) -> Floats:
    return table[:, 0]


def _highest(table: NDArray[np.float64], _known: NDArray[np.bool_], n: Ints) -> Floats:
    return table[np.arange(len(table)), np.maximum(n, 1) - 1]


def _mean(table: NDArray[np.float64], known: NDArray[np.bool_], n: Ints) -> Floats:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = np.where(known, table, 0.0).sum(axis=1) / n
        beyond = ~np.isfinite(mean) & (n > 0)  # the sum is beyond float64, the mean is not
        if beyond.any():
            share = table[beyond] / n[beyond, None]
            mean[beyond] = np.where(known[beyond], share, 0.0).sum(axis=1)
        return np.clip(mean, table[:, 0], _highest(table, known, n))


def _median(table: NDArray[np.float64], _known: NDArray[np.bool_], n: Ints) -> Floats:
    return _quantile(table, n, 0.5)


def _deviation(table: NDArray[np.float64], known: NDArray[np.bool_], n: Ints) -> Floats:
    """Standard deviation of a sample (by n - 1): NaN of a single run."""
    mean = _mean(table, known, n)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        away = np.where(known, table / 2 - mean[:, None] / 2, 0.0)  # halves: no overflow
        scale = np.abs(away).max(axis=1)
        away /= np.where(scale > 0, scale, 1.0)[:, None]
        spread = np.sqrt((away * away).sum(axis=1) / (n - 1))
        return np.where(n > 1, 2 * scale * spread, np.nan)


def _error(table: NDArray[np.float64], known: NDArray[np.bool_], n: Ints) -> Floats:
    return _deviation(table, known, n) / np.sqrt(np.maximum(n, 1))


_OF_ROWS: Final[Mapping[Aggregate, Callable[..., Floats]]] = {
    "mean": _mean,
    "median": _median,
    "min": _lowest,
    "max": _highest,
    "std": _deviation,
    "stderr": _error,
}


def _quantile(table: NDArray[np.float64], n: Ints, q: float) -> Floats:
    """Between the two nearest runs, by their distance."""
    rows = np.arange(len(table))
    at = q * (np.maximum(n, 1) - 1)
    below = np.floor(at).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(n, 1) - 1)
    share = at - below
    low, high = table[rows, below], table[rows, above]
    between = low * (1 - share) + high * share
    return np.where(share > 0, np.clip(between, low, high), low)


def _exponent(low: float, high: float, buckets: int) -> int:
    """Of the smallest width with which the extent falls into at most so many buckets."""
    largest = int(np.frexp(max(abs(low), abs(high)))[1])
    span = high / 2 - low / 2  # half: no overflow
    exponent = int(np.frexp(span / buckets)[1]) if span > 0 else 0
    exponent = max(exponent, largest - _MANTISSA)
    while np.floor(np.ldexp(high, -exponent)) - np.floor(np.ldexp(low, -exponent)) >= buckets:
        exponent += 1
    return exponent


def _empty(wanted: Wanted) -> GroupCurve:
    none = np.empty(0)
    names = [*wanted.aggregates, *map(named, wanted.quantiles)]
    columns = dict.fromkeys(names, none)
    runs = none.astype(np.uint32)
    return GroupCurve(none, runs, none, none, none, none, none, none, columns)
