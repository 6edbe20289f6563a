"""A batch of points as JSON: however it is read, the same comes out of it, and it is bounded."""

from __future__ import annotations

import json
import math
import sys
import tracemalloc
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanllmdb_server.domain.errors import ServerError
from wanllmdb_server.domain.metric import MAX_METRICS, number, rows_of
from wanllmdb_server.fronts.rest.json_body import strict_json
from wanllmdb_server.fronts.rest.metric_body import point_or_row, read_batch
from wanllmdb_server.fronts.rest.metric_items import Told, gather
from wanllmdb_server.fronts.rest.system_body import read_system_batch
from wanllmdb_server.fronts.rest.usual_batch import read_usual

MIB = 1024 * 1024
BODY = 16 * MIB

NAMES = st.sampled_from(["loss", "acc", "val/loss", "é", '"quoted"', "back\\slash", "run_id", ""])
NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(1 << 70), 1 << 70)
    | st.booleans()
    | st.sampled_from(["NaN", "Infinity", "-Infinity"])
)
VALUES = NUMBERS | st.sampled_from([None, "high", [1], {}])
BESIDE: dict[str, st.SearchStrategy[Any]] = {
    "step": st.integers(-(1 << 64), 1 << 64) | st.sampled_from([None, 1.5, "3"]),
    "timestamp": st.integers(-1, 1 << 64)
    | st.sampled_from([None, "2023-11-14T22:13:20.5Z", "2023-11-14T22:13:20", "now"]),
    "unit": st.text(max_size=3),
}
POINTS = st.fixed_dictionaries(
    {"run_id": st.sampled_from(["a", "b/c/d", 'quo"te']), "value": VALUES},
    optional={"key": NAMES, "metric_name": NAMES | st.none(), **BESIDE},
)
ROWS = st.fixed_dictionaries(
    {"run_id": st.just("a"), "values": st.dictionaries(NAMES, VALUES, max_size=4)},
    optional=BESIDE,
)


def alike(told: Told) -> Any:
    """What was read, in a form that can be compared: NaN is NaN, and 1 is not 1.0."""
    sheet = told.sheet
    columns = (sheet.place, sheet.run, sheet.key, sheet.value, sheet.step, sheet.time)
    return [[repr(each) for each in column] for column in columns], told.batch_id, told.rejected


def carefully(content: bytes) -> Told:
    return gather(content, point_or_row)


def outcome(read: Any, content: bytes) -> Any:
    try:
        return alike(read(content))
    except ServerError as error:
        return error.code, error.faults


@given(
    st.lists(POINTS, min_size=1, max_size=4) | st.lists(ROWS, min_size=1, max_size=4),
    st.none() | st.text(max_size=4),
    st.booleans(),
)
def test_a_batch_is_read_alike_in_one_go_and_point_by_point(
    metrics: list[Any], batch_id: str | None, plainly: bool
) -> None:
    body = {"metrics": metrics} | ({"batch_id": batch_id} if batch_id is not None else {})
    content = json.dumps(body, ensure_ascii=not plainly).encode()
    assert outcome(read_batch, content) == outcome(carefully, content)


USUAL = {
    "points": {"run_id": "a", "metric_name": "x", "value": 0.5, "step": 3, "timestamp": 5},
    "points by key": {"run_id": "a", "key": "x", "value": 0.5},
    "times as text": {"run_id": "a", "key": "x", "value": 1, "timestamp": "2024-01-01T00:00:00Z"},
    "steps that are null": {"run_id": "a", "key": "x", "value": 1, "step": None},
    "more than we know": {"run_id": "a", "key": "x", "value": 1, "unit": "s", "epoch": 1},
    "rows": {"run_id": "a", "step": 3, "values": {"x": 0.5, "y": "NaN", "z": True}},
}


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_batch_needs_no_closer_look(name: str) -> None:
    content = json.dumps({"metrics": [USUAL[name]] * 3, "batch_id": "b"}).encode()
    told = read_usual(content)
    assert told is not None
    assert alike(told) == alike(carefully(content))


@pytest.mark.parametrize(
    "content",
    [
        b'{"metrics": [{"run_id": "a", "key": "x", "value": 1, "value": 2}]}',
        b'{"metrics": [{"run_id": "a", "key": "x", "value": 1, "val\\u0075e": 2}]}',
        b'{"metrics": [{"run_id": "a", "key": "x", "value": 1, "unit": 1, "unit": 2}]}',
        b'{"metrics": [{"run_id": "a", "values": {"x": 1, "x": 2}}]}',
        b'{"metrics": [], "metrics": [{"run_id": "a", "key": "x", "value": 1}]}',
        b'{"batch_id": "a", "metrics": [{"run_id": "a", "key": "x", "value": 1}], "batch_id": "b"}',
        # What a name adds to the quotes, a text that is none must not take away.
        b'{"metrics": [{"run_id": "a", "key": "\\"", "value": 1, "value": 2}]}',
    ],
)
def test_a_name_that_occurs_twice_is_refused_wherever_it_does(content: bytes) -> None:
    with pytest.raises(ServerError) as caught:
        read_batch(content)
    assert caught.value.code == "malformed-json"
    assert [fault.code for fault in caught.value.faults] == ["duplicate-key"]


def test_a_field_may_have_any_name() -> None:
    for name in ("class", "__init__", "__struct_fields__", "a b", "é", "x" * 40, "None"):
        point = {"run_id": "a", "key": "x", "value": 1.0, name: 1}
        assert len(read_batch(json.dumps({"metrics": [point]}).encode()).sheet) == 1, name


def test_a_row_that_is_refused_is_named_by_its_item_and_key() -> None:
    items = [
        {"run_id": "a", "values": {"x": 1, "y": None, "z": 2}},
        {"run_id": "a", "values": {}},
        {"run_id": "a", "key": "k", "values": {"x": 1}},
        {"run_id": "a", "key": "k"},
        {"run_id": "a", "values": {"x": 3}},
    ]
    told = read_batch(json.dumps({"metrics": items}).encode())
    assert [(each.index, each.code, each.key) for each in told.rejected] == [
        (0, "bad-value", "y"),
        (1, "missing-value", None),
        (2, "ambiguous-point", None),
        (3, "missing-value", None),
    ]
    assert list(told.sheet.key) == ["x", "z", "x"]
    assert list(told.items or ()) == [0, 0, 0, 1, 2, 3, 4]


@pytest.mark.parametrize("rows", [1, 500])
def test_a_batch_has_a_thousand_points_however_they_are_written(rows: int) -> None:
    width = MAX_METRICS // rows
    row = {"run_id": "a", "values": {f"k{n}": 1.0 for n in range(width)}}
    assert len(read_batch(json.dumps({"metrics": [row] * rows}).encode()).sheet) == MAX_METRICS
    with pytest.raises(ServerError) as caught:
        read_batch(json.dumps({"metrics": [row] * rows + [row]}).encode())
    assert [fault.code for fault in caught.value.faults] == ["too-many-items"]


def test_points_of_one_moment_are_one_row_and_others_are_not() -> None:
    def said(*points: tuple[str, int, int]) -> list[tuple[int, int, int, dict[str, float]]]:
        metrics = [
            {"run_id": "a", "key": key, "value": n, "step": step, "timestamp": time}
            for n, (key, step, time) in enumerate(points)
        ]
        sheet = read_batch(json.dumps({"metrics": metrics}).encode()).sheet
        rows = rows_of(
            sheet, [step or 0 for step in sheet.step], [time or 0 for time in sheet.time]
        )
        return [row[1:] for row in rows]

    assert said(("x", 1, 5), ("y", 1, 5)) == [(1, 1, 5, {"x": 0.0, "y": 1.0})]
    assert said(("x", 1, 5), ("y", 1, 6)) == [(0, 1, 5, {"x": 0.0}), (1, 1, 6, {"y": 1.0})]
    assert said(("x", 1, 5), ("x", 1, 5)) == [(0, 1, 5, {"x": 0.0}), (1, 1, 5, {"x": 1.0})]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (1, 1.0),
        (True, 1.0),
        ((1 << 53) + 1, (1 << 53) + 1),
        ((1 << 63) - 1, (1 << 63) - 1),
        (1 << 70, float(1 << 70)),
        (10**400, None),
        ("Infinity", math.inf),
        ("inf", None),
        (None, None),
        ([1], None),
    ],
)
def test_integers_are_kept_exactly_as_long_as_they_can_be(said: object, kept: object) -> None:
    found = number(said)
    assert found == kept
    assert type(found) is type(kept)


# -- row B18: what a body may cost


def filled(head: bytes, unit: bytes, tail: bytes) -> bytes:
    return head + unit * ((BODY - len(head) - len(tail)) // len(unit)) + tail


HUGE = {
    "levels": (lambda: b"[" * BODY, "too-deep"),
    "levels of objects": (lambda: filled(b"", b'{"a":', b""), "too-deep"),
    "numbers": (lambda: filled(b"[", b"0,", b"0]"), "too-many-items"),
    "a million elements": (lambda: b"[" + b"0," * 10**6 + b"0]", "too-many-items"),
    "a million names": (
        lambda: b"{" + b",".join(b'"%d":0' % n for n in range(10**6)) + b"}",
        "too-many-items",
    ),
    "a million values": (
        lambda: (
            b'{"metrics":[{"run_id":"a","values":{'
            + b",".join(b'"%d":0' % n for n in range(10**6))
            + b"}}]}"
        ),
        "too-many-items",
    ),
    "empty lists": (lambda: filled(b"[", b"[],", b"0]"), "too-many-items"),
    "empty points": (lambda: filled(b'{"metrics":[', b"{},", b"{}]}"), "too-many-items"),
    "texts of commas": (lambda: filled(b"[", b'",,,,",', b'""]'), "too-many-items"),
    "quotes that end no text": (lambda: filled(b'["', b'\\",', b'",' + b"0," * 100_000 + b"0]"),
                                "too-many-items"),
    "many shallow towers": (
        lambda: filled(b"[", b"[" * 63 + b"]" * 63 + b",", b"0]"), "too-many-items"),
}  # fmt: skip


def cost(work: Any, *args: Any) -> tuple[int, int]:
    """Bytes that were held at most, and calls of functions, C's too."""
    calls = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    with pytest.raises(ServerError):
        work(*args)  # what is made once is not counted
    tracemalloc.start()
    with pytest.raises(ServerError):
        work(*args)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    sys.setprofile(count)
    try:
        work(*args)
    except ServerError:
        pass
    finally:
        sys.setprofile(None)
    return peak, calls


@pytest.mark.parametrize("name", HUGE)
def test_what_is_too_much_is_refused_before_anything_is_made_of_it(name: str) -> None:
    make, code = HUGE[name]
    content = make()
    for read in (strict_json, read_batch, read_system_batch):
        with pytest.raises(ServerError) as caught:
            read(content)
        assert caught.value.code == code, read
        peak, calls = cost(read, content)
        assert peak <= 2 * len(content), read
        # Some calls for each 64 KiB that are looked at, and none for an item.
        assert calls <= 50 + 80 * len(content) / (64 * 1024), read


@pytest.mark.parametrize("filling", [b"a", b",", b"[", b"\\\\"])
def test_a_long_text_is_one_item_whatever_is_in_it(filling: bytes) -> None:
    content = b'["' + filling * (2 * MIB // len(filling)) + b'", 1]'
    assert strict_json(content)[1] == 1


@given(st.text('[]{}",\\a', max_size=300), st.integers(1, 7))
def test_what_is_counted_does_not_depend_on_how_the_bytes_are_cut(text: str, size: int) -> None:
    from wanllmdb_server.fronts.rest.json_body import _Counting

    content = text.encode()
    whole, parts = _Counting(), _Counting()
    if content:
        whole.take(content)
    for begin in range(0, len(content), size):
        parts.take(content[begin : begin + size])
    assert (parts.items, parts.deepest) == (whole.items, whole.deepest)
