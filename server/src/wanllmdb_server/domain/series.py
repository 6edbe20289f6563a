"""Series and curves: what is asked of the points of runs, and what comes back.

A series is all points of one key of one run. A curve is a series reduced to the width of a
screen: one bucket per 2^k steps, aligned to step 0, so that curves of any runs, keys, chunks
or servers join exactly. No bucket moves, averages away or invents a point: it carries its
lowest, highest and last value, its mean and its count, and says where NaN and infinities were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

XAxis = Literal["step", "relative", "wall", "metric"]
Superseded = Literal["hide", "include", "only"]  # what becomes of superseded points


@dataclass(frozen=True, slots=True)
class Series:
    """One key of one run. `run` is the catalog's number of the run."""

    run: int
    key: str


@dataclass(frozen=True, slots=True)
class Window:
    """The steps that a question is about, both ends included; None is open."""

    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """A series, bucketed. All arrays have one length: the buckets that hold a point, by step.

    Attributes:
        series: whose curve it is.
        width: steps in a bucket, a power of two; 1 means that no two steps share a bucket.
        logged: points in the whole series, in and out of the window, superseded or not; also
            the cursor after which a live tail goes on.
        bin: int64 [n], `step // width` of each bucket.
        step: int64 [n], step of the bucket's last point (the one at the highest step; of
            equal steps the one that came last).
        time: int64 [n], microseconds since the epoch of that point.
        last: float64 [n], value of that point: may be NaN or infinite.
        low, high, mean: float64 [n], over the finite points; NaN where there is none.
        count: uint32 [n], finite points.
        nan, posinf, neginf: uint32 [n], points that are not finite.
    """

    series: Series
    width: int
    logged: int
    bin: NDArray[np.int64]
    step: NDArray[np.int64]
    time: NDArray[np.int64]
    last: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.uint32]
    nan: NDArray[np.uint32]
    posinf: NDArray[np.uint32]
    neginf: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn on one grid: series, the steps that are seen, how many buckets at most."""

    series: Sequence[Series]
    window: Window
    buckets: int


@dataclass(frozen=True, slots=True)
class GroupCurve:
    """The curves of several runs as one, bucket by bucket. In a bucket each run weighs once.

    What a run says in a bucket is its mean there. The aggregates are over those; `low` and
    `high` are over all points of all runs, so that no spike of any of them is lost.

    Attributes:
        x: float64 [n], of the last point that any of the runs has in the bucket.
        runs: uint32 [n], how many runs have a finite point there.
        low, high: float64 [n], NaN where no run has a finite point.
        count, nan, posinf, neginf: float64 [n], whole numbers: points of all runs.
        aggregates: float64 [n] by name (`mean`, `std`, `q0.25` …); NaN where there is none.
    """

    x: NDArray[np.float64]
    runs: NDArray[np.uint32]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    count: NDArray[np.float64]
    nan: NDArray[np.float64]
    posinf: NDArray[np.float64]
    neginf: NDArray[np.float64]
    aggregates: dict[str, NDArray[np.float64]]


class KeyStats(NamedTuple):
    """What is known of a series without reading its points. There are many: hence a tuple.

    `kind` is "number" for points that are numbers (booleans count as 0 and 1), "object" for
    strings, lists, media and the like; an object series has only `last` (the value itself),
    `last_step`, `last_time`, `logged` and `superseded`. Of the points `logged`, `superseded`
    were logged anew by a later attempt; everything else is said of the others.
    """

    key: str
    kind: Literal["number", "object"]
    logged: int
    last: Any
    last_step: int
    last_time: int
    first_step: int
    low: float | None = None  # of the finite points; None if there is none
    high: float | None = None
    mean: float | None = None
    nan: int = 0
    posinf: int = 0
    neginf: int = 0
    superseded: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """What `KeyStats` says of many series of numbers, as columns: a row each, key by key.

    Attributes:
        keys: names, in their order.
        key: int64 [n], place in `keys`; ascends.
        run: int64 [n], the catalog's number; ascends within a key.
        logged, last_step, last_time, first_step, nan, posinf, neginf: int64 [n].
        last: float64 [n], may be NaN or infinite.
        low, high, mean: float64 [n], of the finite points; NaN where there is none.
    """

    keys: Sequence[str]
    key: NDArray[np.int64]
    run: NDArray[np.int64]
    logged: NDArray[np.int64]
    last: NDArray[np.float64]
    last_step: NDArray[np.int64]
    last_time: NDArray[np.int64]
    first_step: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    mean: NDArray[np.float64]
    nan: NDArray[np.int64]
    posinf: NDArray[np.int64]
    neginf: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Points:
    """Exact points, with nothing left out. Parallel lists; `value` holds any logged value.

    `cursor` continues behind the last point; None when there is no more. `superseded` says so
    of each point where superseded ones were asked for, and is empty where they are left out.
    """

    series: Series
    step: list[int]
    time: list[int]
    value: list[Any]
    cursor: str | None = None
    superseded: list[bool] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scan:
    """Exact points of one series as arrays, by step, with nothing left out.

    Attributes:
        series: whose points they are.
        step, time: int64 [n], of the numbers.
        value: float64 [n].
        extra: int64 [n], what float64 could not hold of integers beyond 2^53: the logged value
            is `int(value) + extra`. None if there are none.
        objects: (step, time, value) of all other points.
    """

    series: Series
    step: NDArray[np.int64]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    extra: NDArray[np.int64] | None = None
    objects: Sequence[tuple[int, int, Any]] = ()


@dataclass(frozen=True, slots=True)
class Tail:
    """Points that arrived after a cursor, in the order of their arrival.

    Attributes:
        series: whose points they are.
        start: how many points of the series came before the first one here. If it is larger
            than the cursor that was asked for, the points between were already sealed away
            and the asker draws the curve anew.
        step, time: int64 [n].
        value: float64 [n].
    """

    series: Series
    start: int
    step: NDArray[np.int64]
    time: NDArray[np.int64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a store says of a batch: how far it is durable, and what it could not keep.

    Attributes:
        position: the writer may forget everything up to here.
        rows: new rows kept (0 when all of the batch was known already).
        rejected: (position, code, detail) of each value or row that was not kept.
    """

    position: int
    rows: int
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
