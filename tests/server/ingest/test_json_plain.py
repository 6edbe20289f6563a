"""A plain batch of points as JSON is read into arrays, and says what it says point by point."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanllmdb_server.fronts.rest.metric_body import point_or_row
from wanllmdb_server.fronts.rest.metric_items import Told, gather
from wanllmdb_server.fronts.rest.plain_batch import FEW_BYTES, PLAIN_BYTES, read_plain
from wanllmdb_server.metrics.decoding import take_apart
from wanllmdb_server.metrics.framing import framed
from wanllmdb_server.metrics.packing import packed

NOW = 1_700_000_000_000_000
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
STEPS = st.integers(0, 3) | INT64
TIMES = st.integers(0, 3) | st.integers(0, (1 << 63) - 1)
VALUES = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(1 << 54), 1 << 54)
    | st.sampled_from([-0.0, 0, (1 << 53) - 1, 1 << 53, 5e-324, 1e308])
)
KEYS = st.lists(st.sampled_from(["a", "b", "é", "c" * 300]), min_size=1, max_size=3, unique=True)
ODD: dict[str, Any] = {
    "value": "NaN",
    "step": None,
    "timestamp": "2024-01-01T00:00:00Z",
    "key": "",
    "run_id": "r",
    "unit": "s",
}


def body(metrics: list[Any], batch_id: str | None = None) -> bytes:
    """As JSON, with blanks behind it: too few bytes are not worth arrays."""
    said = {"metrics": metrics} | ({"batch_id": batch_id} if batch_id is not None else {})
    return json.dumps(said, ensure_ascii=False).encode() + b" " * FEW_BYTES


def alike(told: Told) -> Any:
    sheet = told.sheet
    columns = (sheet.place, sheet.run, sheet.key, sheet.value, sheet.step, sheet.time)
    points = [[repr(each) for each in column] for column in columns]
    return points, told.batch_id, told.rejected, list(told.items or ())


@st.composite
def batches(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Points in rows and alone, rows as items, with times and without; some with one odd thing."""
    keys, timed = draw(KEYS), draw(st.booleans())
    head = {"run_id": draw(st.sampled_from(["r", "owner/project/é"]))}
    moments = draw(st.lists(st.tuples(STEPS, TIMES), min_size=1, max_size=30))
    own = draw(st.booleans())
    items: list[dict[str, Any]] = []
    for step, time in moments:
        at = {"step": step} | ({"timestamp": time} if timed else {})
        if own and draw(st.booleans()):
            keys = draw(KEYS)
        values = {key: draw(VALUES) for key in keys}
        items += [head | {"key": key, "value": value} | at for key, value in values.items()]
    if draw(st.booleans()):
        values = [{key: draw(VALUES) for key in keys} for _ in moments]
        rows = zip(values, moments, strict=True)
        items = [head | {"values": row, "step": step} for row, (step, _) in rows]
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(sorted(ODD)))
        items[draw(st.integers(0, len(items) - 1))][name] = ODD[name]
    return items


@given(batches(), st.none() | st.text(st.characters(codec="utf-8"), max_size=3))
def test_what_is_read_into_arrays_is_what_is_read_point_by_point(
    metrics: list[Any], batch_id: str | None
) -> None:
    content = body(metrics, batch_id)
    plain = read_plain(content)
    if plain is not None:
        assert alike(plain.told()) == alike(gather(content, point_or_row))


@given(batches(), st.sampled_from([0, 1, 1 << 20, (1 << 40) - 5, (1 << 62) + 7]))
def test_arrays_are_kept_as_points_are(metrics: list[Any], base: int) -> None:
    plain = read_plain(body(metrics))
    if plain is None:
        return
    mine = framed("w", 0, base, plain.points, NOW)
    others = packed("w", 0, base, plain.points.sheet(NOW))
    assert kept(mine.batch) == kept(others.batch)
    assert mine.batch.count == others.batch.count
    positions = mine.positions()
    assert base < min(positions)
    assert max(positions) == mine.batch.end
    columns = take_apart(mine.batch)
    keys = plain.points.sheet().key
    for key, column in columns.numbers.items():
        found = [at for at, name in zip(positions, keys, strict=True) if name == key]
        assert column.position.tolist() == found
    again = framed("w", 0, base, plain.points, NOW)
    assert (again.batch, again.positions()) == (mine.batch, positions)


def kept(batch: Any) -> dict[str, list[tuple[int, int, str]]]:
    columns = take_apart(batch)
    assert columns.rejected == []
    found: dict[str, list[tuple[int, int, str]]] = {}
    for key, column in columns.numbers.items():
        part = column.points
        rows = zip(part.step.tolist(), part.time.tolist(), part.value.tolist(), strict=True)
        found[key] = [(step, time, repr(value)) for step, time, value in rows]
    return found


def points(count: int, keys: int, apart: int = 0) -> list[dict[str, Any]]:
    return [
        {"run_id": "r", "key": f"k{n % keys}", "value": n, "step": n // keys,
         "timestamp": 5 + n * apart}
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metrics", "rows"),
    [
        (points(1000, 10), 100),
        (points(1000, 10, apart=1), 1000),
        (points(1000, 1), 1000),
        (points(1000, 1000), 1),
        ([{"run_id": "r", "values": {"a": 1, "b": 2.5}, "step": n} for n in range(500)], 500),
        ([{"run_id": "r", "metric_name": "a", "value": n, "step": n} for n in range(100)], 100),
    ],
)
def test_the_usual_is_plain(metrics: list[Any], rows: int) -> None:
    content = json.dumps({"metrics": metrics}).encode()
    plain = read_plain(content)
    assert plain is not None
    assert alike(plain.told()) == alike(gather(content, point_or_row))
    assert framed("w", 0, 0, plain.points, NOW).batch.count == rows


def test_what_is_odd_is_left_to_others() -> None:
    for name, value in ODD.items():
        metrics = points(20, 2)
        metrics[7][name] = f"other/{value}" if name == "run_id" else value
        assert read_plain(body(metrics)) is None, name
    assert read_plain(body(points(20, 2))) is not None
    assert read_plain(body(points(1001, 1))) is None
    assert read_plain(body(points(20, 2), "")) is None
    assert read_plain(body(points(20, 2)).strip()) is None  # of so few bytes arrays are no gain
    assert read_plain(body(points(20, 2)) + b" " * PLAIN_BYTES) is None
    assert read_plain(body(points(20, 2)).replace(b'"k1"', b'"k\\u0031"')) is None


@pytest.mark.parametrize(
    "twice", ['"value": 1, ', '"run_id": "r", ', '"key": "k1", ', '"step": 1, ']
)
def test_a_name_that_stands_twice_is_seen(twice: str) -> None:
    content = body(points(20, 2)).replace(b'"run_id"', twice.encode() + b'"run_id"', 1)
    assert read_plain(content) is None
    rows = body([{"run_id": "r", "step": 1, "values": {"a": 1, "b": 2}}] * 3)
    assert read_plain(rows) is not None
    assert read_plain(rows.replace(b'"a": 1', b'"a": 1, "a": 1', 1)) is None
