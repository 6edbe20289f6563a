"""Extract: everything that runs logged, in parts that fit into memory.

A part is long (series by series, each by step) or wide (rows, as `log()` made them). Small
series are read together, and a long one step by step: how its points lie is asked of its curve
first. What comes to a run meanwhile may be in the parts that are still to come, or not.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.domain.series import Chart, Curve, KeyStats, Scan, Series, Window
from wanllmdb_server.metrics.pyramid import Ints
from wanllmdb_server.metrics.store import MetricStore

POINTS: Final = 1 << 19  # of a part, about
OBJECTS: Final = 4096  # of a page; nobody knows how large they are
OBJECTS_TOGETHER: Final = 256  # of a series that is read with others
OBJECT_WEIGHT: Final = 64  # points that take as much memory, about
_BUCKETS: Final = 4096
_END: Final = (1 << 63) - 1
_COUNTED: Final = ("count", "nan", "posinf", "neginf")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one run, by step.

    Attributes:
        run: the catalog's number.
        step, time: int64 [n]; the time is that of the last of what was logged for the step.
        columns: for each key the places of its values in the rows, and the values: an array of
            numbers, or a list of anything.
    """

    run: int
    step: Ints
    time: Ints
    columns: dict[str, tuple[Ints, NDArray[np.float64] | list[Any]]]


Known = AsyncIterable[tuple[int, Sequence[KeyStats]]]  # numbers of runs, and their series


async def long_parts(
    store: MetricStore, known: Known, window: Window
) -> AsyncIterator[Sequence[Scan]]:
    """The series of some runs, in the order given."""
    async for series, how in _plan(known):
        match how:
            case "together":
                yield await store.scan(series, window)
            case "in windows":
                async for stretch in _windows(store, series, window):
                    yield await store.scan(series, stretch)
            case "in pages":
                async for scan in _objects(store, series[0], window):
                    yield [scan]


_How = Literal["together", "in windows", "in pages"]


async def _plan(known: Known) -> AsyncIterator[tuple[list[Series], _How]]:
    """Which series are read at once, and how."""
    waiting: list[Series] = []
    points = 0
    async for run, stats in known:
        for each in stats:
            small = each.logged <= (OBJECTS_TOGETHER if each.kind == "object" else POINTS)
            if waiting and (not small or points + each.logged > POINTS):
                yield waiting, "together"
                waiting, points = [], 0
            if small:
                waiting.append(Series(run, each.key))
                points += each.logged * (OBJECT_WEIGHT if each.kind == "object" else 1)
            else:
                how: _How = "in pages" if each.kind == "object" else "in windows"
                yield [Series(run, each.key)], how
    if waiting:
        yield waiting, "together"


async def wide_parts(store: MetricStore, known: Known, window: Window) -> AsyncIterator[Rows]:
    """The rows of some runs, run by run."""
    async for run, stats in known:
        series = [Series(run, each.key) for each in stats]
        if sum(each.logged for each in stats) <= POINTS:
            yield rows_of(run, await store.scan(series, window))
            continue
        numbers = [Series(run, each.key) for each in stats if each.kind == "number"]
        windows = _windows(store, numbers, window) if numbers else _even(stats, window)
        async for stretch in windows:
            rows = rows_of(run, await store.scan(series, stretch))
            if len(rows.step):
                yield rows


def rows_of(run: int, scans: Sequence[Scan]) -> Rows:
    """The rows that series make. Of values logged twice for a step the last one counts."""
    steps = [scan.step for scan in scans] + [_steps(scan.objects) for scan in scans]
    step = np.unique(np.concatenate(steps)) if steps else np.empty(0, np.int64)
    time = np.full(len(step), -_END - 1)
    columns: dict[str, tuple[Ints, NDArray[np.float64] | list[Any]]] = {}
    for scan in scans:
        places = np.searchsorted(step, scan.step)
        np.maximum.at(time, places, scan.time)
        for at, moment in _moments(step, scan.objects):
            time[at] = max(time[at], moment)
        columns[scan.series.key] = _column(scan, step, places)
    return Rows(run, step, time, columns)


def logged_value(scan: Scan, at: int) -> Any:
    """A number as it was logged: an integer beyond 2^53 in full."""
    value = float(scan.value[at])
    if scan.extra is not None and scan.extra[at]:
        return int(value) + int(scan.extra[at])
    return value


def _column(scan: Scan, step: Ints, places: Ints) -> tuple[Ints, NDArray[np.float64] | list[Any]]:
    exact = scan.extra is not None
    if not scan.objects and not exact:
        if len(places) and (places[1:] == places[:-1]).any():
            last = np.append(places[1:] != places[:-1], True)
            return places[last], scan.value[last]
        return places, scan.value
    found: dict[int, Any] = {}
    for at, place in enumerate(places.tolist()):
        found[place] = logged_value(scan, at)
    for place, (_, _, value) in zip(
        np.searchsorted(step, _steps(scan.objects)).tolist(), scan.objects, strict=True
    ):
        found[place] = value
    order = sorted(found)
    return np.array(order, np.int64), [found[place] for place in order]


def _steps(objects: Sequence[tuple[int, int, Any]]) -> Ints:
    return np.array([step for step, _, _ in objects], np.int64)


def _moments(step: Ints, objects: Sequence[tuple[int, int, Any]]) -> Iterator[tuple[int, int]]:
    places = np.searchsorted(step, _steps(objects)).tolist()
    return zip(places, (time for _, time, _ in objects), strict=True)


async def _objects(store: MetricStore, series: Series, window: Window) -> AsyncIterator[Scan]:
    """A series without numbers, page by page."""
    none = np.empty(0, np.int64)
    cursor: str | None = None
    while True:
        page = await store.points(series, window, limit=OBJECTS, cursor=cursor)
        things = list(zip(page.step, page.time, page.value, strict=True))
        yield Scan(series, none, none, np.empty(0), None, things)
        cursor = page.cursor
        if cursor is None:
            return


async def _windows(
    store: MetricStore, series: Sequence[Series], window: Window
) -> AsyncIterator[Window]:
    """Windows, one behind the other, in each of which the series have few enough points."""
    [curves] = await store.charts([Chart(series, window, _BUCKETS)])
    width = curves[0].width
    number, points = _counts(curves)
    first = window.first
    held = 0
    for at, (bucket, n) in enumerate(zip(number.tolist(), points.tolist(), strict=True)):
        if held and held + n > POINTS:
            yield Window(first, bucket * width - 1)
            first, held = bucket * width, 0
        if n > POINTS and width > 1:
            begin = bucket * width if first is None else max(first, bucket * width)
            end = (bucket + 1) * width - 1
            async for inner in _windows(store, series, Window(begin, _within(end, window.last))):
                yield inner
            if at == len(number) - 1:
                return
            first = end + 1
            continue
        held += n
    if held:
        yield Window(first, window.last)


def _counts(curves: Sequence[Curve]) -> tuple[Ints, Ints]:
    """The buckets that any of the curves has, and how many points they have in each."""
    number, where = np.unique(np.concatenate([curve.bin for curve in curves]), return_inverse=True)
    each = np.concatenate(
        [sum(getattr(curve, name).astype(np.int64) for name in _COUNTED) for curve in curves]
    )
    return number, np.bincount(where, each, len(number)).astype(np.int64)


def _within(end: int, last: int | None) -> int:
    return min(end, _END if last is None else last)


async def _even(stats: Sequence[KeyStats], window: Window) -> AsyncIterator[Window]:
    """Windows of one width, for series of which nothing is known but how many points they have."""
    low = min(each.first_step for each in stats)
    high = max(each.last_step for each in stats)
    low = low if window.first is None else max(low, window.first)
    high = high if window.last is None else min(high, window.last)
    parts = 1 + sum(each.logged for each in stats) // OBJECTS
    width = max(1, -(-(high - low + 1) // parts))
    for first in range(low, high + 1, width):
        yield Window(first, min(first + width - 1, high))
