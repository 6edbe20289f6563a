"""Live frames: what was told comes back from the bytes, whatever it is called."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.server.live.test_watch import run

from wanllmdb_server.domain.news import Change
from wanllmdb_server.domain.series import Series, Tail
from wanllmdb_server.fronts.rest import live_frame

reals = st.floats(width=64)
points = st.lists(st.tuples(st.integers(0, 2**53), st.integers(0, 2**52), reals), max_size=5)
pieces = st.lists(
    st.tuples(st.text(), st.text(), st.integers(0, 2**53), points), min_size=1, max_size=6
)


@given(pieces, st.text())
def test_tails_come_back_as_they_were_told(found: list[tuple[Any, ...]], name: str) -> None:
    tails = [
        (run, Tail(Series(1, key), start, *(np.array(column) for column in columns(each))))
        for run, key, start, each in found
    ]
    content = live_frame.tail_frame(name, "ada/mnist", live_frame.tails_laid(tails))
    header, back = live_frame.tails(content)
    assert (header["type"], header["id"], header["project"]) == ("tail", name, "ada/mnist")
    assert [(one.run, one.key, one.start) for one in back] == [one[:3] for one in found]
    for piece, (_, _, _, each) in zip(back, found, strict=True):
        steps, times, values = columns(each)
        assert piece.step.tolist() == [float(step) for step in steps]
        assert piece.time.tolist() == [time / 1e6 for time in times]
        np.testing.assert_array_equal(piece.value, values)


def columns(each: list[tuple[int, int, float]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*each, strict=True)) or ([], [], [])


@given(st.lists(st.dictionaries(st.text(max_size=3), reals, max_size=4), max_size=6))
def test_last_values_come_back_as_they_were_told(found: list[dict[str, float]]) -> None:
    changes = [Change(run(number), frozenset(), {}, (), each) for number, each in enumerate(found)]
    header, back = live_frame.lasts(live_frame.last_frame("ada/mnist", changes))
    assert (header["type"], header["project"]) == ("last", "ada/mnist")
    told = sorted((run, key, repr(value)) for run, key, value in back)
    said = [
        (f"r{n}", key, repr(value)) for n, each in enumerate(found) for key, value in each.items()
    ]
    assert told == sorted(said)


def test_the_point_of_a_series_costs_few_bytes_beside_many_others() -> None:
    now = np.array([1_700_000_000_000_000])
    tails = [
        (f"run{n // 10:05d}", Tail(Series(n, f"metric_{n % 10}"), n, now, now, np.array([math.pi])))
        for n in range(1000)
    ]
    content = live_frame.tail_frame("s1", "ada/mnist", live_frame.tails_laid(tails))
    assert len(content) / len(tails) < 48


def test_last_values_of_runs_of_equal_keys_cost_eight_bytes_each() -> None:
    lasts = {f"train/metric_{n}": math.pi for n in range(10)}
    changes = [Change(run(n), frozenset(), {}, (), lasts) for n in range(100)]
    assert len(live_frame.last_frame("ada/mnist", changes)) / 1000 < 9
