"""Placing: curves on any x axis, asked of a store that draws by step.

A window is in units of its axis. On any axis but that of steps it is found in two looks: at
the whole series in few buckets, which say at which steps it may lie, and then at those steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from wanllmdb_server.domain.series import Chart, Curve, Series, Window, XAxis
from wanllmdb_server.metrics import axes
from wanllmdb_server.metrics.axes import Along
from wanllmdb_server.metrics.store import MetricStore

MAX_BUCKETS: Final = 10_000
_INT64: Final = 1 << 63
_LOOK: Final = 512  # buckets of the look at a whole series


@dataclass(frozen=True, slots=True)
class Axis:
    """An x axis and what is seen of it.

    Attributes:
        kind: what is counted on it.
        key: of the metric that is the axis, for `metric`.
        first, last: both included; steps, microseconds or values of the metric; None is open.
    """

    kind: XAxis = "step"
    key: str = ""
    first: float | None = None
    last: float | None = None

    @property
    def open(self) -> bool:
        """Whether all of it is seen."""
        return self.first is None and self.last is None

    @property
    def bounds(self) -> tuple[float, float]:
        """From where to where it is seen."""
        first = -math.inf if self.first is None else self.first
        return first, math.inf if self.last is None else self.last


@dataclass(frozen=True, slots=True)
class Subject:
    """A run whose series is drawn: the catalog's number, and when it began in microseconds."""

    run: int
    started_at: int


async def place(
    store: MetricStore, runs: Sequence[Subject], keys: Sequence[str], axis: Axis, buckets: int
) -> list[list[Along]]:
    """The curves of each key of some runs, on one grid a key, and where their buckets lie."""
    return await _place(store, [(runs, key) for key in keys], axis, buckets)


async def place_apart(
    store: MetricStore, runs: Sequence[Subject], keys: Sequence[str], axis: Axis, buckets: int
) -> list[list[Along]]:
    """As `place`, but each run on a grid of its own, so that each is drawn as finely as alone."""
    found = iter(await _place(store, [([run], key) for key in keys for run in runs], axis, buckets))
    return [[next(found)[0] for _ in runs] for _ in keys]


async def _place(
    store: MetricStore, asked: Sequence[tuple[Sequence[Subject], str]], axis: Axis, buckets: int
) -> list[list[Along]]:
    charts = [
        Chart([Series(each.run, key) for each in runs], Window(), buckets) for runs, key in asked
    ]
    if axis.kind == "step":
        window = Window(_step(axis.first, up=True), _step(axis.last, up=False))
        found = await store.charts([replace(chart, window=window) for chart in charts])
        return [[_by_step(curve) for curve in curves] for curves in found]
    if axis.kind == "metric":
        return await _by_metric(store, charts, axis)
    origins = [
        [0 if axis.kind == "wall" else each.started_at for each in runs] for runs, _ in asked
    ]
    drawn = await _by_time(store, charts, axis, origins)
    return [
        [
            Along(curve, (curve.time - origin) / 1e6)
            for curve, origin in zip(curves, those, strict=True)
        ]
        for curves, those in zip(drawn, origins, strict=True)
    ]


def _by_step(curve: Curve) -> Along:
    return Along(curve, curve.step.astype(np.float64))


async def _by_time(
    store: MetricStore, charts: Sequence[Chart], axis: Axis, origins: Sequence[Sequence[int]]
) -> list[list[Curve]]:
    if axis.open:
        return await store.charts(charts)
    first = -_INT64 if axis.first is None else axis.first
    last = _INT64 if axis.last is None else axis.last
    bounds = [[(first + origin, last + origin) for origin in those] for those in origins]
    looks = await store.charts([replace(chart, buckets=_LOOK) for chart in charts])
    spans = [
        [
            span
            for curve, (low, high) in zip(curves, those, strict=True)
            if (span := axes.steps_between(curve, low, high)) is not None
        ]
        for curves, those in zip(looks, bounds, strict=True)
    ]
    closer = await _closer(store, charts, looks, spans)
    return [
        [axes.cut(curve, *bound) for curve, bound in zip(curves, those, strict=True)]
        for curves, those in zip(closer, bounds, strict=True)
    ]


async def _by_metric(store: MetricStore, charts: Sequence[Chart], axis: Axis) -> list[list[Along]]:
    """Both metrics are drawn on one grid, and meet where both have a bucket."""
    both = [
        replace(chart, series=[*chart.series, *(Series(s.run, axis.key) for s in chart.series)])
        for chart in charts
    ]
    if axis.open:
        drawn = await store.charts(both)
    else:
        looks = await store.charts([replace(chart, buckets=_LOOK) for chart in both])
        spans = [
            [
                span
                for curve in curves[len(curves) // 2 :]
                if (span := axes.steps_valued(curve, *axis.bounds)) is not None
            ]
            for curves in looks
        ]
        drawn = await _closer(store, both, looks, spans)
    return [
        [
            axes.within(axes.along(curve, other), *axis.bounds)
            for curve, other in zip(curves, curves[len(curves) // 2 :], strict=False)
        ]
        for curves in drawn
    ]


async def _closer(
    store: MetricStore,
    charts: Sequence[Chart],
    looks: list[list[Curve]],
    spans: Sequence[Sequence[tuple[int, int]]],
) -> list[list[Curve]]:
    """The charts at the steps where something may lie; where nothing may, the look is enough."""
    closer: list[Chart] = []
    for chart, those in zip(charts, spans, strict=True):
        if those:
            window, share = axes.joined(those)
            buckets = min(MAX_BUCKETS, round(chart.buckets * share))
            closer.append(replace(chart, window=window, buckets=buckets))
    drawn = iter(await store.charts(closer))
    return [next(drawn) if those else look for look, those in zip(looks, spans, strict=True)]


def _step(value: float | None, *, up: bool) -> int | None:
    """A bound in steps as an int64: the first step not before, or the last not behind it."""
    if value is None:
        return None
    whole = int(np.ceil(value) if up else np.floor(value))
    return min(max(whole, -_INT64), _INT64 - 1)
