"""The curves of several runs as one: against what numpy says of plain lists."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanllmdb_server.domain.series import GroupCurve, Series
from wanllmdb_server.metrics import bundle
from wanllmdb_server.metrics.bundle import AGGREGATES, Lane, Wanted, bundled
from wanllmdb_server.metrics.naive import Point, curve_of

ALL = Wanted(AGGREGATES, (0.0, 0.1, 0.25, 0.9, 1.0))
WIDTH = 8

values = st.one_of(
    st.floats(-1e6, 1e6, width=32),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e300, -1e300, 1.7e308]),
)
logs = st.lists(
    st.lists(st.tuples(st.integers(-40, 40), values), max_size=25), min_size=1, max_size=6
)

Log = list[tuple[int, float]]


def lanes(runs: list[Log]) -> list[Lane]:
    points = [
        [Point(step, at, value) for at, (step, value) in enumerate(sorted(run, key=lambda p: p[0]))]
        for run in runs
    ]
    curves = [curve_of(Series(n, "k"), len(each), WIDTH, each) for n, each in enumerate(points)]
    return bundle.lanes_by_step(curves)


def per_run(runs: list[Log], bucket: int) -> list[float]:
    """What each run says in a bucket: the mean of its finite points."""
    found = []
    for run in runs:
        finite = [v for step, v in run if step // WIDTH == bucket and math.isfinite(v)]
        if finite:
            found.append(math.fsum(v / len(finite) for v in finite))
    return sorted(found)


def same(found: float, wanted: float, scale: float) -> None:
    if math.isnan(wanted):
        assert math.isnan(found)
    else:
        assert abs(found - wanted) <= 1e-9 * scale, (found, wanted)


def check_statistics(found: GroupCurve, at: int, means: list[float]) -> None:
    assert found.runs[at] == len(means)
    a = np.array(means)
    scale = float(np.abs(a).max()) if means else 1.0
    if not means:
        assert all(math.isnan(column[at]) for column in found.aggregates.values())
        return
    unit = scale or 1.0
    b = a / unit  # so that numpy does not overflow where we do not
    deviation = float(np.std(b, ddof=1)) if len(b) > 1 else math.nan
    wanted = {
        "mean": float(b.mean()),
        "median": float(np.median(b)),
        "min": float(b.min()),
        "max": float(b.max()),
        "std": deviation,
        "stderr": deviation / math.sqrt(len(b)),
        **{bundle.named(q): float(np.quantile(b, q)) for q in ALL.quantiles},
    }
    assert list(wanted) == list(found.aggregates)
    for name, value in wanted.items():
        same(float(found.aggregates[name][at]) / unit, value, 1.0)


@settings(max_examples=150, deadline=None)
@given(logs)
def test_a_group_is_what_numpy_says_of_the_means_of_its_runs(runs: list[Log]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = bundled(lanes(runs), ALL)
    buckets = sorted({step // WIDTH for run in runs for step, _ in run})
    assert len(found.x) == len(buckets)
    for at, bucket in enumerate(buckets):
        inside = [(step, v) for run in runs for step, v in run if step // WIDTH == bucket]
        finite = [v for _, v in inside if math.isfinite(v)]
        assert found.x[at] == max(step for step, _ in inside)
        assert found.count[at] == len(finite)
        assert found.nan[at] == sum(math.isnan(v) for _, v in inside)
        assert found.posinf[at] == sum(v == math.inf for _, v in inside)
        assert found.neginf[at] == sum(v == -math.inf for _, v in inside)
        same(float(found.low[at]), min(finite, default=math.nan), 0)
        same(float(found.high[at]), max(finite, default=math.nan), 0)
        check_statistics(found, at, per_run(runs, bucket))


@settings(max_examples=60, deadline=None)
@given(logs, st.randoms(use_true_random=False))
def test_the_order_of_the_runs_does_not_matter(runs: list[Log], chance: object) -> None:
    mixed = list(runs)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = bundled(lanes(runs), ALL), bundled(lanes(mixed), ALL)
    for name, column in one.aggregates.items():
        assert column.tobytes() == other.aggregates[name].tobytes()
    for name in ("x", "runs", "low", "high", "count", "nan", "posinf", "neginf"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_run_weighs_once_however_often_it_logged() -> None:
    often, once = [(step, 1.0) for step in range(8)], [(3, 5.0)]
    found = bundled(lanes([often, once]), ALL)
    assert found.aggregates["mean"].tolist() == [3.0]
    assert found.count.tolist() == [9]


def test_no_spike_of_any_run_is_lost() -> None:
    calm, wild = (
        [(step, 0.0) for step in range(8)],
        [(step, -1e9 if step == 3 else 0.0) for step in range(8)],
    )
    found = bundled(lanes([calm, calm, wild]), ALL)
    assert (found.low.tolist(), found.high.tolist()) == ([-1e9], [0.0])


def test_nothing_of_nobody_is_an_empty_curve() -> None:
    found = bundled(lanes([[]]), ALL)
    assert len(found.x) == 0
    assert {len(column) for column in found.aggregates.values()} == {0}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=50),
    st.integers(10, 400),
)
def test_buckets_of_x_are_as_narrow_as_can_be(xs: list[float], buckets: int) -> None:
    run = [(at * WIDTH, 1.0) for at in range(len(xs))]
    curve = lanes([run])[0].curve
    [lane], width = bundle.lanes_by_x([(curve, np.array(xs))], buckets)
    assert lane.bucket.min() >= 0
    assert lane.bucket.max() < buckets
    low, high = min(xs), max(xs)
    numbers = [math.floor(x / width) - math.floor(low / width) for x in xs]
    assert numbers == lane.bucket.tolist()
    narrower = width / 2
    fits = math.floor(high / narrower) - math.floor(low / narrower) < buckets
    assert not fits or low == high or narrower < max(abs(low), abs(high)) * 2**-52


@pytest.mark.parametrize("backwards", [False, True])
def test_buckets_of_one_run_that_fall_into_one_of_x_are_one(backwards: bool) -> None:
    run = [(step, float(step)) for step in range(4 * WIDTH)]
    curve = lanes([run])[0].curve
    x = np.array([3.0, 1.0, 3.0, 1.0] if backwards else [1.0, 1.0, 3.0, 3.0])
    [lane], width = bundle.lanes_by_x([(curve, x)], 10)
    assert width < 2
    found = bundled([lane], ALL)
    halves = [run[8:16] + run[24:], run[:8] + run[16:24]] if backwards else [run[:16], run[16:]]
    assert found.x.tolist() == [1.0, 3.0]
    assert found.runs.tolist() == [1, 1]
    assert found.count.tolist() == [16, 16]
    assert found.aggregates["mean"].tolist() == [np.mean([v for _, v in half]) for half in halves]
