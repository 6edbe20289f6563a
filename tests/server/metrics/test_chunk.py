"""Chunks and pyramids come back as they were written, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from wanllmdb_server.metrics import chunk, pyramid
from wanllmdb_server.metrics.chunk import DamagedError, Stretch

whole = st.integers(-(1 << 63), (1 << 63) - 1)
columns = st.integers(1, 300).flatmap(
    lambda n: st.tuples(
        arrays.arrays(np.int64, n, elements=whole),
        arrays.arrays(np.int64, n, elements=whole),
        arrays.arrays(np.float64, n, elements=st.floats()),
    )
)


def bits(values: np.ndarray) -> list[int]:
    return values.view(np.int64).tolist()


@given(columns)
@settings(deadline=None)
def test_axes_and_values_come_back_bit_for_bit(found: tuple[np.ndarray, ...]) -> None:
    step, time, value = found
    steps, times = chunk.decode_axis(chunk.encode_axis(step, time))
    assert (bits(steps), bits(times)) == (bits(step), bits(time))
    values, extra = chunk.decode_values(chunk.encode_values(value, None))
    assert bits(values) == bits(value)
    assert extra is None
    values, extra = chunk.decode_values(chunk.encode_values(value, step))
    assert extra is None or bits(extra) == bits(step)
    assert (extra is None) == (not step.any())


@given(columns)
@settings(deadline=None)
def test_bins_come_back_bit_for_bit(found: tuple[np.ndarray, ...]) -> None:
    bins = pyramid.of_points(*found)
    assert bits(chunk.decode_bins(chunk.encode_bins(bins))) == bits(bins)


@pytest.mark.parametrize("n", [1, 2, 2048, 2049, 10_000])
def test_chunks_of_any_size_come_back(n: int) -> None:
    random = np.random.default_rng(n)
    step, time = np.arange(n) * 5, random.integers(0, 1 << 50, n)
    value = random.normal(size=n)
    assert bits(chunk.decode_axis(chunk.encode_axis(step, time))[1]) == bits(time)
    assert bits(chunk.decode_values(chunk.encode_values(value, None))[0]) == bits(value)


def test_objects_come_back_as_they_were() -> None:
    things = [(1, 2, "text"), (-1, 3, None), (5, 4, [1, {"a": [2.5, True]}])]
    assert chunk.decode_objects(chunk.encode_objects(things)) == things


def test_a_flipped_bit_anywhere_is_noticed() -> None:
    random = np.random.default_rng(0)
    points = np.arange(40), random.integers(0, 1 << 50, 40), random.normal(size=40)
    written = [
        (chunk.encode_axis(*points[:2]), chunk.decode_axis),
        (chunk.encode_values(points[2], None), chunk.decode_values),
        (chunk.encode_bins(pyramid.of_points(*points)), chunk.decode_bins),
        (chunk.encode_objects([(1, 2, "text")]), chunk.decode_objects),
    ]
    for content, decode in written:
        decode(content)
        for bit in range(len(content) * 8):
            damaged = bytearray(content)
            damaged[bit // 8] ^= 1 << bit % 8
            with pytest.raises(DamagedError):
                decode(bytes(damaged))
        for length in range(len(content)):
            with pytest.raises(DamagedError):
                decode(content[:length])


def test_a_chunk_of_one_kind_is_not_read_as_another() -> None:
    values = chunk.encode_values(np.ones(3), None)
    for decode in (chunk.decode_axis, chunk.decode_bins, chunk.decode_objects):
        with pytest.raises(DamagedError):
            decode(values)


def test_joined_stretches_keep_what_float64_cannot_hold() -> None:
    plain = Stretch(np.array([1]), np.array([2]), np.array([3.0]))
    exact = Stretch(np.array([4]), np.array([5]), np.array([2.0**53]), np.array([1]))
    joined = chunk.join([plain, exact])
    assert joined.extra is not None
    assert joined.extra.tolist() == [0, 1]
    assert len(chunk.join([])) == 0
