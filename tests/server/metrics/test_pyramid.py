"""Folding bins: in any order, by any way, the same answer."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.pyramid import LEVELS, STEP, Bins

usual = st.one_of(st.floats(width=32), st.floats(-1e9, 1e9), st.sampled_from([0.1, math.nan]))


def bins_of(values: list[float], step: np.ndarray | None = None) -> Bins:
    steps = np.arange(len(values)) if step is None else step
    return pyramid.of_points(steps, steps * 1000, np.array(values, np.float64))


def starts(*at: int) -> np.ndarray:
    return np.array(at, np.int64)


@given(st.lists(usual, min_size=1, max_size=120), st.data())
@settings(deadline=None)
def test_folding_by_stages_is_folding_at_once(values: list[float], data: st.DataObject) -> None:
    bins = bins_of(values)
    cuts = data.draw(st.sets(st.integers(1, len(values)), max_size=10))
    staged = pyramid.fold(bins, starts(0, *sorted(cuts - {len(values)})))
    at_once, by_stages = pyramid.fold(bins, starts(0)), pyramid.fold(staged, starts(0))
    assert pyramid.means(at_once).tobytes() == pyramid.means(by_stages).tobytes()
    rows = [row for row in range(pyramid.FIELDS) if row not in (pyramid.SUM, pyramid.REST)]
    for one, other in zip(at_once[rows], by_stages[rows], strict=True):
        np.testing.assert_array_equal(one.view(np.float64), other.view(np.float64))


@given(st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=200))
@settings(deadline=None)
def test_a_mean_is_exact_to_the_last_digit(values: list[float]) -> None:
    [mean] = pyramid.means(pyramid.fold(bins_of(values), starts(0)))
    exact = float(sum(map(Fraction, values)) / len(values))
    reach = max(map(abs, values))
    assert abs(mean - exact) <= abs(exact) * 2.0**-52 + reach * 2.0**-95
    assert min(values) <= mean <= max(values)


def test_a_sum_of_thousands_keeps_its_last_digit() -> None:
    values = [1e16, 1.0, -1e16, 0.1] * 5000
    [mean] = pyramid.means(pyramid.fold(bins_of(values), starts(0)))
    assert mean == float(sum(map(Fraction, values))) / len(values)


@pytest.mark.parametrize("huge", [1.7976931348623157e308, 1e305])
def test_means_of_values_whose_sum_is_beyond_float64_lie_among_them(huge: float) -> None:
    for values in ([huge] * 40, [huge, -huge] * 20, [-huge] * 3 + [huge]):
        [mean] = pyramid.means(pyramid.fold(bins_of(values), starts(0)))
        assert min(values) <= mean <= max(values)


def test_levels_are_aligned_to_step_zero_and_miss_no_point() -> None:
    values = [math.sin(n) for n in range(10_000)]
    values[777] = 1e9
    bins = bins_of(values, np.arange(-300, 9700))
    for level, (found, owner) in zip(
        LEVELS, pyramid.levels(bins, np.zeros(10_000, np.int64)), strict=True
    ):
        if not found.shape[1]:
            assert level == 65536  # nothing is won over the level below
            continue
        assert not owner.any()
        assert pyramid.counts(found)[0].sum() == 10_000
        assert pyramid.floats(found)[pyramid.HIGH].max() == 1e9
        numbers = found[STEP] // level
        assert len(set(numbers.tolist())) == found.shape[1]


def test_a_level_that_shrinks_little_is_not_kept() -> None:
    sparse = bins_of([1.0] * 200, np.arange(200) * 16)
    kept = [found.shape[1] for found, _ in pyramid.levels(sparse, np.zeros(200, np.int64))]
    assert kept == [0, 13, 1, 0]


def test_series_side_by_side_have_pyramids_of_their_own() -> None:
    steps = np.concatenate([np.arange(160), np.arange(320), np.arange(10)])
    owner = np.repeat([0, 1, 2], [160, 320, 10])
    bins = bins_of([1.0] * 490, steps)
    found, owners = pyramid.levels(bins, owner)[0]
    assert np.bincount(owners).tolist() == [10, 20]
    assert (pyramid.counts(found)[0] == 16).all()
