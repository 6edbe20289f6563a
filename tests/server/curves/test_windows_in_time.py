"""Windows in time: which steps to draw when a panel asks for a stretch of time."""

from __future__ import annotations

import numpy as np

from wanllmdb_server.domain.series import Curve, Series, Window
from wanllmdb_server.metrics.axes import cut, joined, steps_between


def looked_at(times: list[int], width: int = 10) -> Curve:
    """A series seen in buckets of `width` steps whose last points came at these times."""
    n = len(times)
    floats, counts = np.zeros(n), np.zeros(n, np.uint32)
    return Curve(
        Series(1, "loss"),
        width,
        n,
        bin=np.arange(n),
        step=np.arange(n) * width + width - 1,
        time=np.array(times, np.int64),
        last=floats,
        low=floats,
        high=floats,
        mean=floats,
        count=counts,
        nan=counts,
        posinf=counts,
        neginf=counts,
    )


def test_the_steps_reach_one_bucket_beyond_the_last_point_inside() -> None:
    curve = looked_at([100, 200, 300, 400, 500])
    assert steps_between(curve, 150, 350) == (10, 39)


def test_a_window_behind_everything_has_no_steps() -> None:
    assert steps_between(looked_at([100, 200]), 201, 300) is None
    assert steps_between(looked_at([]), 0, 1) is None


def test_runs_of_different_speed_get_as_many_buckets_as_alone() -> None:
    window, share = joined([(0, 99), (900, 999)])
    assert window == Window(0, 999)
    assert share == 10.0


def test_buckets_outside_of_the_window_are_cut_off() -> None:
    assert cut(looked_at([100, 200, 300]), 150, 300).time.tolist() == [200, 300]
