"""Points that the server packs itself say the same to the store, however they are packed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanllmdb_server.domain.metric import Sheet
from wanllmdb_server.metrics.decoding import take_apart
from wanllmdb_server.metrics.packing import ROOM_BITS, packed

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
Point = tuple[str, int, int, float]
POINTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "é"]),
        INT64 | st.integers(0, 3),
        st.integers(0, (1 << 63) - 1) | st.integers(0, 2),
        st.floats() | st.integers(-(1 << 62), 1 << 62),
    ),
    min_size=1,
    max_size=120,
)


def sheet(points: list[Point]) -> Sheet:
    keys, steps, times, values = zip(*points, strict=True)
    run = ["r"] * len(points)
    return Sheet(range(len(points)), run, keys, values, steps, times)


def said(points: list[Point]) -> dict[str, list[tuple[int, int, str]]]:
    found: dict[str, list[tuple[int, int, str]]] = {}
    for key, step, time, value in points:
        found.setdefault(key, []).append((step, time, repr(float(value))))
    return found


@given(POINTS, st.sampled_from([0, 1, 1 << 20, (1 << 40) - 5, (1 << 62) + 7]))
def test_every_series_has_its_points_in_their_order(points: list[Point], base: int) -> None:
    pack = packed("w", 0, base, sheet(points))
    columns = take_apart(pack.batch)
    assert columns.rejected == []
    kept: dict[str, list[tuple[int, int, str]]] = {}
    for key, column in columns.numbers.items():
        part = column.points
        rows = zip(part.step.tolist(), part.time.tolist(), part.value.tolist(), strict=True)
        kept[key] = [(step, time, repr(value)) for step, time, value in rows]
    assert kept == said(points)
    positions = pack.positions()
    assert base < min(positions)
    assert max(positions) == pack.batch.end < base + (2 << ROOM_BITS)
    for key, column in columns.numbers.items():
        mine = [at for at, point in zip(positions, points, strict=True) if point[0] == key]
        assert column.position.tolist() == mine
    again = packed("w", 0, base, sheet(points))
    assert (again.batch.end, again.positions()) == (pack.batch.end, positions)


@pytest.mark.parametrize(
    ("points", "rows"),
    [
        ([("x", n, 5, 0.5) for n in range(1000)], 1000),
        ([(f"k{n % 10}", n // 10, n, 0.5) for n in range(1000)], 1000),
        ([(f"k{n % 10}", n // 10, 5, 0.5) for n in range(1000)], 100),
        ([(f"k{n}", n, 5, 0.5) for n in range(1000)], 1000),
        ([("x", 0, n // 2, 0.5) for n in range(1000)], 1000),
        ([("x", 0, 5, 0.5), ("x", 0, 5, 0.5)], 2),
    ],
)
def test_points_of_one_moment_are_one_row(points: list[Point], rows: int) -> None:
    pack = packed("w", 0, 1, sheet(points))
    columns = take_apart(pack.batch)
    assert len(columns.position) == pack.batch.count == rows
    assert sum(len(column.position) for column in columns.numbers.values()) == len(points)


def test_an_integer_that_no_float_holds_is_kept() -> None:
    large = (1 << 60) + 1
    for count in (1, 100):
        pack = packed("w", 0, 1, sheet([("x", n, n, large) for n in range(count)]))
        points = take_apart(pack.batch).numbers["x"].points
        assert points.extra is not None
        assert int(points.value[-1]) + int(points.extra[-1]) == large
