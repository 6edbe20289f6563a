"""What is asked of many series at once is what each of them says alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from tests.contracts.stores import RUN, Writer

from wanllmdb_server.domain.series import Chart, Curve, Overview, Scan, Series, Superseded, Window
from wanllmdb_server.metrics.store import MetricStore

ODD: tuple[Any, ...] = (0.5, math.nan, -math.inf, "text", 2**60 + 1, {"_type": "image"}, 7)


async def fill(store: MetricStore) -> None:
    """Three series of two runs; of one of them a part is superseded."""
    await Writer(store).log_series([math.sin(n) for n in range(300)])
    await Writer(store, name="v").log_series(ODD, key="odd", first=-3)
    await Writer(store, run=RUN + 1).log_series(range(40), first=1000)
    await store.begin_attempt(RUN, "again", at=2_000_000_000_000_000, since=0)
    await Writer(store, name="again").log_series([9.0, 8.0], first=250)


SERIES = [Series(RUN, "loss"), Series(RUN, "odd"), Series(RUN + 1, "loss"), Series(RUN, "never")]


def same(one: Curve, other: Curve) -> bool:
    names = [field.name for field in dataclasses.fields(Curve)]
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") if isinstance(a, np.ndarray) else a == b
        for a, b in ((getattr(one, name), getattr(other, name)) for name in names)
    )


async def test_charts_are_what_each_of_them_is_alone(store: MetricStore) -> None:
    await fill(store)
    charts = [
        Chart(SERIES, Window(), 50),
        Chart(SERIES[:1], Window(10, 90), 20),
        Chart(SERIES[2:], Window(None, 1010), 1000),
        Chart([], Window(), 10),
    ]
    drawn = await store.charts(charts)
    assert [len(curves) for curves in drawn] == [4, 1, 2, 0]
    for chart, curves in zip(charts, drawn, strict=True):
        alone = await store.curves(chart.series, chart.window, chart.buckets)
        assert all(map(same, curves, alone))
        assert [curve.series for curve in curves] == list(chart.series)


def listed(scan: Scan) -> list[str]:
    """The points of a scan; the ones of one step come as they may."""
    extra = scan.extra if scan.extra is not None else np.zeros(len(scan.step), np.int64)
    columns = (scan.step.tolist(), scan.time.tolist(), scan.value.tolist(), extra.tolist())
    numbers = [(step, time, _exact(value, more)) for step, time, value, more in zip(*columns)]  # noqa: B905
    return sorted(map(str, [*numbers, *map(tuple, scan.objects)]))


def _exact(value: float, more: int) -> Any:
    return int(value) + more if more else value


async def test_a_scan_has_the_points_of_each_series_and_all_of_their_bits(
    store: MetricStore,
) -> None:
    await fill(store)
    kinds: tuple[Superseded, ...] = ("hide", "include", "only")
    for superseded in kinds:
        for window in (Window(), Window(-2, 251)):
            scans = await store.scan(SERIES, window, superseded)
            assert [scan.series for scan in scans] == SERIES
            for scan in scans:
                page = await store.points(scan.series, window, limit=1000, superseded=superseded)
                points = zip(page.step, page.time, page.value, strict=True)
                exact = [(step, time, _as_number(value)) for step, time, value in points]
                assert listed(scan) == sorted(map(str, exact))


def _as_number(value: Any) -> Any:
    """A small integer is a float in an array."""
    is_small = isinstance(value, int) and float(value) == value
    return float(value) if is_small else value


async def test_an_overview_says_of_numbers_what_is_said_of_each_series(store: MetricStore) -> None:
    await fill(store)
    await Writer(store, run=RUN + 2).log_series([1.0, 2.0], key="other")
    await store.seal(RUN + 2)
    runs = [RUN + 2, RUN, RUN + 1, RUN + 9]
    for keys in (None, ["loss", "other", "never"], ["never"], []):
        await _compare(store, runs, keys)


async def test_an_overview_that_was_asked_for_before_says_what_came_since(
    store: MetricStore,
) -> None:
    writer, runs = Writer(store, run=RUN), [RUN, RUN + 1]
    await Writer(store, run=RUN + 1).log_series([5.0], key="still")
    for value in (1.0, 3.0, math.nan, -2.0):
        await writer.log_series([value], key="loss")
        await writer.log_series([-value], key="gain")
        said = await _compare(store, runs, None)
        assert said.logged.sum() == 1 + (await _compare(store, [RUN], None)).logged.sum()
        if value == 3.0:
            await store.seal(RUN)
            await _compare(store, runs, None)
    assert (await _compare(store, runs, ["loss"])).logged.tolist() == [4]


async def _compare(store: MetricStore, runs: Sequence[int], keys: Sequence[str] | None) -> Overview:
    """The overview, which says the same as `keys`."""
    found = await store.overview(runs, keys)
    wanted = await store.keys(runs, keys)
    numbers = {
        (each.key, run): each for run, of in wanted.items() for each in of
        if each.kind == "number"
    }  # fmt: skip
    places = [(found.keys[at], run) for at, run in zip(found.key, found.run, strict=True)]
    assert places == sorted(numbers)
    for name in ("logged", "last_step", "last_time", "first_step", "nan", "posinf", "neginf"):
        said = [getattr(numbers[place], name) for place in places]
        assert getattr(found, name).tolist() == said
    for name in ("last", "low", "high", "mean"):
        said = [getattr(numbers[place], name) for place in places]
        said = [math.nan if each is None else each for each in said]
        np.testing.assert_array_equal(getattr(found, name), said)
    return found
