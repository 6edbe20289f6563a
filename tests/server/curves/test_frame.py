"""The binary frame: what is laid out comes back, to a quarter of a pixel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanllmdb_server.domain.panel import DrawnCurve
from wanllmdb_server.domain.series import Curve, Series
from wanllmdb_server.fronts.rest import frame


def curve(values: list[float], **more: Any) -> Curve:
    n = len(values)
    array = np.array(values, np.float64)
    finite = np.where(np.isfinite(array), array, np.nan)
    none = np.zeros(n, np.uint32)
    columns: dict[str, Any] = {
        "bin": np.arange(n),
        "step": np.arange(n) * 3,
        "time": np.arange(n) * 1_000_000,
        "last": array,
        "low": finite,
        "high": finite,
        "mean": finite,
        "count": np.isfinite(array).astype(np.uint32),
        "nan": none,
        "posinf": none,
        "neginf": none,
    }
    return Curve(Series(1, "loss"), 1, n, **{**columns, **more})


def drawn(run: str, values: list[float], **more: Any) -> DrawnCurve:
    return DrawnCurve(run, np.arange(len(values), dtype=np.float64), curve(values, **more))


def head(key: str, x: str, width: int) -> dict[str, Any]:
    return {"type": "curve", "key": key, "x": x, "width": width}


def test_several_frames_come_back_from_one_stream() -> None:
    content = frame.curve_frame(head("loss", "step", 4), [drawn("a", [1.0, 2.0, 3.0])])
    content += frame.curve_frame(head("acc", "wall", 1), [drawn("a", [0.5]), drawn("b", [])])
    (first, [loss]), (second, [a, b]) = frame.frames(content)
    assert (first["type"], first["key"], first["x"], first["width"]) == ("curve", "loss", "step", 4)
    assert loss["last"].tolist() == [1.0, 2.0, 3.0]
    assert "step" not in loss  # x is the step already
    assert a["step"].tolist() == [0.0]
    assert {name: len(column) for name, column in b.items()} == dict.fromkeys(a, 0)
    assert [entry["run"] for entry in second["series"]] == ["a", "b"]


def test_every_column_begins_at_a_multiple_of_eight_bytes() -> None:
    content = frame.curve_frame(
        head("loss", "relative", 1), [drawn(str(n), [0.1] * n) for n in (1, 2, 3, 5, 7)]
    )
    [(header, _)] = frame.frames(content)
    offsets = [at for each in header["series"] for _, at in each["columns"].values()]
    assert all(at % 8 == 0 for at in offsets)
    assert len(content) == 16 + int.from_bytes(content[8:12], "little") + header["bytes"]
    assert content.index(b"}]}") < 16 + int.from_bytes(content[8:12], "little")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0.1, 0.2, 0.3], "f32"),
        ([1e300, 2e300], "f64"),  # beyond float32
        ([1.0, 1.0 + 1e-9], "f64"),  # float32 would draw two points as one
        ([0.1, 0.1], "f64"),  # no range: only what is exact is small enough
        ([0.5, 0.5], "f32"),
        ([math.nan, math.inf], "f32"),  # nothing finite to lose
        ([16_777_217.0, 0.0], "f32"),  # off by one in sixteen million
    ],
)
def test_values_go_as_float32_only_where_no_point_moves(values: list[float], kind: str) -> None:
    [(header, _)] = frame.frames(frame.curve_frame(head("k", "step", 1), [drawn("a", values)]))
    assert header["series"][0]["columns"]["last"][0] == kind


def test_a_series_of_float64_does_not_make_its_neighbours_wide() -> None:
    both = [drawn("wide", [1e300, 2e300]), drawn("narrow", [1.0, 2.0])]
    [(header, [wide, narrow])] = frame.frames(frame.curve_frame(head("k", "step", 1), both))
    kinds = [entry["columns"]["high"][0] for entry in header["series"]]
    assert kinds == ["f64", "f32"]
    assert wide["high"].tolist() == [1e300, 2e300]
    assert narrow["mean"].tolist() == [1.0, 2.0]


def test_counts_of_what_is_not_finite_are_there_only_where_something_is_not() -> None:
    odd = np.array([0, 2], np.uint32)
    [(_, [a, b])] = frame.frames(
        frame.curve_frame(
            head("k", "step", 1), [drawn("a", [1.0, math.nan], nan=odd), drawn("b", [1.0, 2.0])]
        )
    )
    assert a["nan"].tolist() == [0, 2]
    assert "posinf" not in a
    assert "nan" not in b


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(width=64), max_size=20), max_size=6))
def test_what_comes_back_is_what_was_drawn(many: list[list[float]]) -> None:
    content = frame.curve_frame(
        head("k", "step", 1), [drawn(f"r{n}", values) for n, values in enumerate(many)]
    )
    [(_, back)] = frame.frames(content)
    for values, columns in zip(many, back, strict=True):
        if not values:
            continue
        finite = [value for value in values if math.isfinite(value)]
        span = max(finite) - min(finite) if finite else 0.0
        for value, found in zip(values, columns["last"].tolist(), strict=True):
            if math.isfinite(value):
                assert abs(found - value) <= span * frame.PRECISION
            else:
                assert found == value or (math.isnan(found) and math.isnan(value))


def test_json_spells_what_json_has_no_word_for() -> None:
    said = frame.curve_json(drawn("a", [1.0, math.nan, math.inf, -math.inf]), with_step=True)
    assert said["last"] == [1.0, "NaN", "Infinity", "-Infinity"]
    assert said["step"] == [0, 3, 6, 9]
