"""What is thinned keeps the extremes and the last of every key, each where it was logged."""

from __future__ import annotations

import math
import struct
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wanllmdb import frame, wire
from wanllmdb.frame import Form
from wanllmdb.thinning import Bucket, Thinned, read

FORM = Form(("loss", "acc"), "dd")
KEYS = ("a", "b", "c")

numbers = st.one_of(st.floats(), st.integers(-5, 5), st.booleans())
values = st.one_of(numbers, st.sampled_from(["text", None]))
rows = st.lists(st.dictionaries(st.sampled_from(KEYS), values, min_size=1), max_size=30)


def as_row(step: int, values: dict[str, Any]) -> bytes:
    return frame.frame(wire.Kind.ROW, wire.encode((step, step * 10, values)), step)


def as_values(step: int, *numbers: float) -> bytes:
    payload = struct.pack("<Hqqdd", 0, step, step * 10, *numbers)
    return frame.frame(wire.Kind.VALUES, payload, step)


def thinned(frames: list[bytes]) -> Thinned:
    bucket = Bucket()
    for each in frames:
        row = read(each, {0: FORM}.get)
        assert row is not None
        bucket.add(row)
    return bucket.empty()


def said(found: Thinned) -> list[tuple[int, int, dict[str, Any]]]:
    """The rows that are left, as a server reads them."""
    content = b"".join(found.frames)
    read = frame.rows_of(frame.Frames(content), {0: FORM})
    return [
        tuple(payload if isinstance(payload, tuple) else wire.decode(payload))
        for _, _, payload in read
    ]


@given(rows)
def test_every_key_keeps_its_extremes_and_its_last_and_all_else_is_counted(
    given: list[dict[str, Any]],
) -> None:
    found = thinned([as_row(step, row) for step, row in enumerate(given, 1)])
    left = said(found)
    stored = {step: row for step, _, row in left}
    # Nothing is invented or moved.
    for step, time, row in left:
        assert time == step * 10
        for key, value in row.items():
            assert same(value, given[step - 1][key])
    # Nothing is uncounted.
    assert len(left) + found.rows == len(given)
    partly = sum(len(given[step - 1]) - len(row) for step, row in stored.items())
    assert partly == found.values
    for key in KEYS:
        logged = [row[key] for row in given if key in row]
        kept = [row[key] for row in stored.values() if key in row]
        assert len(kept) <= 4
        if logged:
            assert same(kept[-1], logged[-1])
            assert any(map(is_nan, kept)) == any(map(is_nan, logged))
        compared = [each for each in logged if is_number(each)]
        if compared:
            numbers = [each for each in kept if is_number(each)]
            assert min(numbers) == min(compared)
            assert max(numbers) == max(compared)


def test_a_row_that_is_kept_whole_stays_the_very_same_bytes() -> None:
    frames = [as_values(1, 0.5, 0.1), as_values(2, 0.9, 0.9), as_values(3, 0.7, 0.3)]
    assert thinned(frames).frames == frames


def test_a_row_that_is_kept_in_part_has_its_own_step_time_and_number() -> None:
    frames = [as_values(step, loss, acc) for step, loss, acc in [(7, 5, 0), (8, 9, 0), (9, 6, 0)]]
    found = thinned(frames)
    assert said(found) == [
        (7, 70, {"loss": 5.0, "acc": 0.0}),
        (8, 80, {"loss": 9.0}),
        (9, 90, {"loss": 6.0, "acc": 0.0}),
    ]
    assert [frame.HEAD.unpack_from(each)[3] for each in found.frames] == [7, 8, 9]
    assert (found.rows, found.values) == (0, 1)


def test_the_keys_of_nested_mappings_are_keys_and_a_medium_is_one_value() -> None:
    image = {"_type": "image-file", "path": "x"}
    given = [{"a": {"b": n, "c": -n}, "image": image} for n in (2, 1, 3, 2)]
    left = said(thinned([as_row(step, row) for step, row in enumerate(given, 1)]))
    assert [row for _, _, row in left] == [
        {"a": {"b": 1, "c": -1}},
        {"a": {"b": 3, "c": -3}},
        {"a": {"b": 2, "c": -2}, "image": image},
    ]


def test_64_rows_of_a_noisy_metric_become_three_at_most() -> None:
    frames = [as_values(step, math.sin(step * 12.9898) * 43758.5453 % 1, 0) for step in range(64)]
    assert len(thinned(frames).frames) <= 4


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not math.isnan(value)


def is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def same(one: object, other: object) -> bool:
    return (is_nan(one) and is_nan(other)) or (type(one) is type(other) and one == other)
