"""Naive: points as objects in lists, and every answer by looking at all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from wanllmdb_server.domain.series import Curve, KeyStats, Scan, Series, Window


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a series."""

    step: int
    time: int
    value: Any
    attempt: int = 0

    @property
    def real(self) -> float:
        """Its value as it is drawn."""
        return float(self.value)


@dataclass(slots=True)
class Key:
    """All points of a series, in order of arrival.

    `anew` is how many numbers had come when the view changed by more than what came.
    """

    numbers: list[Point] = field(default_factory=list)
    objects: list[Point] = field(default_factory=list)
    anew: int = 0


def step_of(point: Point) -> int:
    """By what points are sorted."""
    return point.step


def is_inside(step: int, window: Window) -> bool:
    """Whether a window has a step."""
    return (window.first is None or step >= window.first) and (
        window.last is None or step <= window.last
    )


def extent_of(points: list[Point], window: Window) -> tuple[int, int] | None:
    """From the lowest to the highest step, cut to the window."""
    if not points:
        return None
    low, high = min(map(step_of, points)), max(map(step_of, points))
    low = low if window.first is None else max(low, window.first)
    high = high if window.last is None else min(high, window.last)
    return (low, high) if low <= high else None


def arrays_of(points: list[Point]) -> tuple[Any, Any, Any]:
    """Steps, times and values."""
    return (
        np.array([point.step for point in points], np.int64),
        np.array([point.time for point in points], np.int64),
        np.array([point.real for point in points], np.float64),
    )


def curve_of(series: Series, logged: int, width: int, points: list[Point]) -> Curve:
    """A curve of points that are sorted by step."""
    buckets: dict[int, list[Point]] = {}
    for point in points:
        buckets.setdefault(point.step // width, []).append(point)
    finite = [[p.real for p in each if math.isfinite(p.real)] for each in buckets.values()]
    step, time, last = arrays_of([each[-1] for each in buckets.values()])
    values = [[p.real for p in each] for each in buckets.values()]
    return Curve(
        series=series,
        width=width,
        logged=logged,
        bin=np.array(list(buckets), np.int64),
        step=step,
        time=time,
        last=last,
        low=np.array([min(each, default=math.nan) for each in finite], np.float64),
        high=np.array([max(each, default=math.nan) for each in finite], np.float64),
        mean=np.array([_mean(each) for each in finite], np.float64),
        count=np.array([len(each) for each in finite], np.uint32),
        nan=np.array([sum(map(math.isnan, each)) for each in values], np.uint32),
        posinf=np.array([each.count(math.inf) for each in values], np.uint32),
        neginf=np.array([each.count(-math.inf) for each in values], np.uint32),
    )


def _mean(values: list[float]) -> float:
    """Without any rounding but the last."""
    return float(sum(map(Fraction, values)) / len(values)) if values else math.nan


def scan_of(series: Series, numbers: list[Point], objects: list[Point]) -> Scan:
    """The points as arrays; both lists are sorted."""
    step, time, value = arrays_of(numbers)
    beyond = [p.value - int(p.real) if isinstance(p.value, int) else 0 for p in numbers]
    extra = np.array(beyond, np.int64) if any(beyond) else None
    things = [(point.step, point.time, point.value) for point in objects]
    return Scan(series, step, time, value, extra, things)


def stats_of(name: str, key: Key) -> KeyStats:
    """Statistics of all points of a series."""
    points = key.numbers or key.objects
    last = max(enumerate(points), key=lambda each: (each[1].step, each[0]))[1]
    first = min(map(step_of, points))
    if not key.numbers:
        return KeyStats(name, "object", len(points), last.value, last.step, last.time, first)
    values = [point.real for point in points]
    finite = [value for value in values if math.isfinite(value)]
    return KeyStats(
        name,
        "number",
        len(points),
        last.real,
        last.step,
        last.time,
        first,
        min(finite, default=None),
        max(finite, default=None),
        _mean(finite) if finite else None,
        sum(map(math.isnan, values)),
        values.count(math.inf),
        values.count(-math.inf),
    )
