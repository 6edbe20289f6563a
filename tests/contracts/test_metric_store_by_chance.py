"""Whatever is logged, however it is batched, sealed and asked for: curves are what numpy says."""

from __future__ import annotations

import asyncio
import math
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.stores import RUN, T0, Writer

from wanllmdb_server.domain.series import Curve, Points, Series, Window
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import MetricStore

KEYS = ("a", "b", "c")
FIELDS = ("bin", "step", "time", "last", "low", "high", "mean", "count", "nan", "posinf", "neginf")

numbers = st.one_of(
    st.floats(width=32),
    st.floats(-1e6, 1e6),
    st.sampled_from([0.1, 0.2, 0.3, math.nan, math.inf, -math.inf, 1, True]),
)
# Mostly forwards, as training does, with jumps and repetitions.
strides = st.sampled_from([1, 1, 1, 1, 1, 0, 7, 100, -5, -300, 5000])
rows = st.lists(
    st.tuples(strides, st.dictionaries(st.sampled_from(KEYS), numbers, max_size=3)), max_size=150
)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("log"), rows, st.integers(1, 60)),
        st.tuples(st.just("stretch"), st.integers(1, 400), st.integers(1, 3)),
        st.tuples(st.just("seal"), st.none(), st.none()),
        st.tuples(st.just("reopen"), st.none(), st.none()),
    ),
    min_size=1,
    max_size=9,
)
windows = st.builds(
    lambda a, b: Window(a, b),
    st.none() | st.integers(-400, 6000),
    st.none() | st.integers(-400, 6000),
)
questions = st.tuples(windows, st.sampled_from([1, 2, 3, 10, 33, 400, 10_000]))


class Told:
    """What was logged of each key, in order: the naive account."""

    def __init__(self) -> None:
        self.step = 0
        self.points: dict[str, list[tuple[int, int, float]]] = {key: [] for key in KEYS}

    def tell(self, position: int, stride: int, values: dict[str, float]) -> tuple[int, Any]:
        self.step += stride
        for key, value in values.items():
            self.points[key].append((self.step, T0 + position * 1000, float(value)))
        return self.step, values


def expected(told: Told, window: Window, buckets: int) -> dict[str, list[tuple[Any, ...]]]:
    """(bin, step, time, last, low, high, mean, count, nan, posinf, neginf) of every bucket."""
    low = -math.inf if window.first is None else window.first
    high = math.inf if window.last is None else window.last
    extents = [
        (max(min(steps), low), min(max(steps), high))
        for points in told.points.values()
        if (steps := [step for step, _, _ in points])
    ]
    extents = [(first, last) for first, last in extents if first <= last]
    if not extents:
        return {key: [] for key in KEYS}
    first, last = min(a for a, _ in extents), max(b for _, b in extents)
    width = 1
    while last // width - first // width + 1 > buckets and width < 1 << 63:
        width *= 2
    return {
        key: [
            bucket(number, [point for point in points if point[0] // width == number])
            for number in sorted({step // width for step, _, _ in points})
            if first // width <= number <= last // width
        ]
        for key, points in told.points.items()
    }


def bucket(number: int, points: list[tuple[int, int, float]]) -> tuple[Any, ...]:
    step, time, last = max(reversed(points), key=lambda point: point[0])  # of equals the last
    values = np.array([value for _, _, value in points])
    finite = values[np.isfinite(values)]
    mean = float(sum(map(Fraction, finite.tolist())) / len(finite)) if len(finite) else math.nan
    return (
        number,
        step,
        time,
        last,
        finite.min() if len(finite) else math.nan,
        finite.max() if len(finite) else math.nan,
        mean,
        len(finite),
        int(np.isnan(values).sum()),
        int((values == math.inf).sum()),
        int((values == -math.inf).sum()),
    )


def drawn(curve: Curve) -> list[tuple[Any, ...]]:
    columns = (getattr(curve, name).tolist() for name in FIELDS)
    return list(zip(*columns, strict=True))


def same(one: Any, other: Any) -> bool:
    """Equal, NaN to NaN; two zeros are equal whatever their sign."""
    return one == other or (one != one and other != other)


def assert_same_curve(curve: Curve, wanted: list[tuple[Any, ...]], told: Told) -> None:
    found = drawn(curve)
    assert curve.logged == len(told.points[curve.series.key])
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        (*exact, mean, c, n, p, m), (*told_exact, told_mean, tc, tn, tp, tm) = one, other
        assert all(map(same, [*exact, c, n, p, m], [*told_exact, tc, tn, tp, tm])), (one, other)
        reach = max(abs(other[4]), abs(other[5])) if tc else 0.0
        assert same(mean, told_mean) or abs(mean - told_mean) <= 1e-15 * reach, (one, other)


async def act(store: SqliteMetricStore, directory: Path, action: Any, told: Told, writer: Writer):
    name, what, size = action
    if name == "seal":
        await store.seal(RUN)
    elif name == "reopen":
        await store.close()
        store = SqliteMetricStore.open(directory)
    else:
        if name == "stretch":
            what = [(1, {"a": math.sin(n) * n, "b": float(n % 7)}) for n in range(what)]
            size = 100 * size
        logged = [told.tell(at, *row) for at, row in enumerate(what, writer.position + 1)]
        writer.store = store
        for at in range(0, len(logged), size):
            await writer.log(*logged[at : at + size])
    return store


async def pages(store: MetricStore, key: str, limit: int) -> list[tuple[int, int, float]]:
    found: list[tuple[int, int, float]] = []
    page = Points(Series(RUN, key), [], [], [], None)
    while True:
        page = await store.points(page.series, Window(), limit=limit, cursor=page.cursor)
        found += zip(page.step, page.time, page.value, strict=True)
        if page.cursor is None:
            return found


async def check(store: SqliteMetricStore, told: Told, asked: list[Any], limit: int) -> None:
    series = [Series(RUN, key) for key in KEYS]
    for window, buckets in asked:
        curves = await store.curves(series, window, buckets)
        wanted = expected(told, window, buckets)
        for curve in curves:
            assert_same_curve(curve, wanted[curve.series.key], told)
    for key in KEYS:
        wanted_points = sorted(told.points[key], key=lambda point: point[0])
        assert str(await pages(store, key, limit)) == str(wanted_points)
    count = await store.count(RUN)
    assert (count.points, count.damaged) == (sum(map(len, told.points.values())), ())
    assert sum(each.points or 0 for each in count.writers.values()) == count.points
    for tail in await store.tail(series, [0] * len(KEYS)):
        points = told.points[tail.series.key][tail.start :]
        assert tail.step.tolist() == [step for step, _, _ in points] or not len(tail.step)
    for stats in (await store.keys([RUN]))[RUN]:
        points = told.points[stats.key]
        [whole] = [bucket(0, points)]
        assert (stats.logged, stats.first_step) == (len(points), min(step for step, *_ in points))
        assert (stats.last_step, stats.last_time) == whole[1:3]
        assert all(map(same, (stats.low, stats.high), whole[4:6])) or stats.low is None
        assert (stats.nan, stats.posinf, stats.neginf) == whole[8:]


@given(actions, st.lists(questions, min_size=1, max_size=4), st.sampled_from([1, 7, 1000]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_rows_batching_and_sealing_give_the_curves_that_numpy_gives(
    done: list[Any], asked: list[Any], limit: int
) -> None:
    async def story() -> None:
        with tempfile.TemporaryDirectory() as name:
            store, told = SqliteMetricStore.open(Path(name)), Told()
            writer = Writer(store)
            try:
                for action in done:
                    store = await act(store, Path(name), action, told, writer)
                few = 1000 if sum(map(len, told.points.values())) > 300 else limit
                await check(store, told, asked, few)
                before = [drawn(each) for each in await every(store, asked)]
                await store.seal(RUN)
                assert str([drawn(each) for each in await every(store, asked)]) == str(before)
            finally:
                await store.close()

    asyncio.run(story())


async def every(store: MetricStore, asked: list[Any]) -> list[Curve]:
    series = [Series(RUN, key) for key in KEYS]
    return [curve for each in asked for curve in await store.curves(series, *each)]
