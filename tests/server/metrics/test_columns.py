"""Both ways through a batch, the quick and the thorough one, give the same columns."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.stores import pack

from wanllmdb.wire import Batch, Kind, WireError, array_head, inflate
from wanllmdb_server.metrics import columns, decoding, stencil
from wanllmdb_server.metrics.chunk import Stretch
from wanllmdb_server.metrics.columns import Columns

numbers = st.one_of(st.floats(), st.integers(-(1 << 63), (1 << 64) - 1), st.booleans())
values = st.one_of(numbers, numbers, st.none(), st.text(max_size=3), st.lists(numbers, max_size=2))
rows = st.lists(
    st.tuples(
        st.integers(-(1 << 63), (1 << 63) - 1),
        st.integers(0, (1 << 63) - 1),
        st.dictionaries(st.sampled_from("abc"), numbers) | st.dictionaries(st.text(), values),
    ),
    min_size=1,
    max_size=30,
)


def batch(rows: list[Any]) -> Batch:
    return pack([(at * 3, Kind.ROW, row) for at, row in enumerate(rows, 1)])


def exact(points: Stretch) -> list[int]:
    """What float64 could not hold, nothing being as good as zeros."""
    return [] if points.extra is None or not points.extra.any() else points.extra.tolist()


def plain(found: Columns) -> Any:
    numbers = {
        key: (
            column.position.tolist(),
            column.points.step.tolist(),
            column.points.time.tolist(),
            column.points.value.tolist(),
            exact(column.points),
        )
        for key, column in found.numbers.items()
    }
    return found.position.tolist(), list(numbers), numbers, found.objects, found.rejected


def assert_quick_is_thorough(batch: Batch) -> list[bool]:
    """Whether each of the quick ways was taken."""
    quick = [
        way(batch, inflate(batch.body))
        for way in (decoding._from_like_rows, decoding._from_numbers)
    ]
    for found in quick:
        if found is not None:
            assert str(plain(found)) == str(plain(decoding._one_by_one(batch)))
    return [found is not None for found in quick]


@given(rows)
def test_the_quick_way_is_the_thorough_way(rows: list[Any]) -> None:
    assert_quick_is_thorough(batch(rows))


forms = st.dictionaries(
    st.text(max_size=40),
    st.sampled_from(
        [
            st.floats(),
            st.floats(),
            st.floats(),
            st.integers(0, 127),
            st.integers(0, 130),
            st.integers(256, 65535),
            st.integers(-(1 << 31), -(1 << 15) - 1),
            st.integers(1 << 32, (1 << 64) - 1),
            st.booleans(),
            st.just("text"),
        ]
    ),
    max_size=20,
)


@given(st.data(), forms, st.sampled_from([0, 200, 60_000, 1 << 40, (1 << 63) - 20, -5]))
def test_rows_of_one_form_are_cut_as_they_are_decoded(
    data: st.DataObject, form: dict[str, Any], first: int
) -> None:
    rows = [
        (first + at, 10**15 + at, {key: data.draw(value) for key, value in form.items()})
        for at in range(data.draw(st.integers(1, 8)))
    ]
    assert_quick_is_thorough(batch(rows))


def test_the_rows_of_a_training_loop_take_the_quickest_way() -> None:
    usual = [(300 + n, 10**15 + n, {"loss": n / 7, "epoch": 3, "rate": 1e-3}) for n in range(500)]
    assert assert_quick_is_thorough(batch(usual)) == [True, True]
    sparse = [(n, n, {"loss": 0.5, **({"val": 1.5} if n % 3 else {})}) for n in range(50)]
    assert assert_quick_is_thorough(batch(sparse)) == [False, True]


@given(st.binary(max_size=60), st.integers(1, 4))
def test_no_bytes_break_the_stencil(content: bytes, count: int) -> None:
    stencil.cut(array_head(count) + content, count)
    stencil.cut(array_head(count) + (b"\x93\x01\x01\x93" + content) * count, count)


@given(rows, st.integers(0, 100))
def test_what_comes_after_a_position_is_what_a_batch_of_the_rest_says(
    rows: list[Any], low: int
) -> None:
    found = columns.after(decoding.take_apart(batch(rows)), low)
    rest = [(at * 3, Kind.ROW, row) for at, row in enumerate(rows, 1) if at * 3 > low]
    if rest:
        alone = decoding.take_apart(pack(rest))
        keys = sorted(alone.numbers)
        assert sorted(found.numbers) == keys
        assert [str(plain(found)[2][key]) for key in keys] == [
            str(plain(alone)[2][key]) for key in keys
        ]
        assert str(plain(found)[3:]) == str(plain(alone)[3:])
    else:
        assert (found.numbers, found.objects, found.rejected) == ({}, [], [])


def test_rows_of_two_layouts_take_the_quick_way_in_order() -> None:
    logged = [(n, n, {"loss": n, **({"val": -n} if n % 3 == 0 else {})}) for n in range(20)]
    found = decoding.take_apart(batch(logged))
    assert found.numbers["loss"].points.value.tolist() == list(range(20))
    assert found.numbers["val"].points.step.tolist() == [0, 3, 6, 9, 12, 15, 18]


def test_a_batch_that_calls_everything_a_row_is_not_believed() -> None:
    lying = pack([(1, Kind.ROW, (1, 1, {"a": 1.0})), (2, Kind.SYSTEM, (1, 1, {"b": 1.0}))])
    lying = Batch("w", 0, 2, 2, 1 << Kind.ROW, lying.body)
    assert list(decoding.take_apart(lying).numbers) == ["a"]


@pytest.mark.parametrize("positions", [[2, 2], [2, 1], [1, 1], [0, 2]])
def test_positions_out_of_order_damage_a_batch(positions: list[int]) -> None:
    body = pack([(at, Kind.ROW, (1, 1, {"a": 1.0})) for at in [*positions[:-1], 9]]).body
    wrong = Batch("w", 1, 9, 2, 1 << Kind.ROW, body)
    if positions[0] > 1:
        decoding.take_apart(wrong)
        wrong = Batch("w", positions[0], 9, 2, 1 << Kind.ROW, body)
    with pytest.raises(WireError):
        decoding.take_apart(wrong)
