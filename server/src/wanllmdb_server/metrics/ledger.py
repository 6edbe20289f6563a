"""Ledger: the points of several series as the rows that they came in.

A step is one row: what was logged for it in several calls belongs together, and of values logged
twice under one key the last one counts. What was measured of machines is told apart by its time,
too, for each process counts its own steps.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.series import Points

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """Points of one key, by step: parallel lists."""

    key: str
    step: Sequence[int]
    time: Sequence[int]
    value: Sequence[Any]

    def until(self, last: int) -> Column:
        """The points up to and with a step."""
        if not self.step or self.step[-1] <= last:
            return self
        end = bisect_right(self.step, last)
        return Column(self.key, self.step[:end], self.time[:end], self.value[:end])

    def at(self, steps: Iterable[int]) -> Column:
        """The points at these steps, which rise; of several at one step the last."""
        places: list[int] = []
        for step in steps:
            place = bisect_right(self.step, step) - 1
            if place >= 0 and self.step[place] == step:
                places.append(place)
        columns = (self.step, self.time, self.value)
        step, time, value = ([column[place] for place in places] for column in columns)
        return Column(self.key, step, time, value)


def column_of(key: str, pages: Sequence[Points]) -> Column:
    """The points of some pages, which follow each other."""
    if len(pages) == 1:
        return Column(key, pages[0].step, pages[0].time, pages[0].value)
    return Column(
        key,
        [step for page in pages for step in page.step],
        [time for page in pages for time in page.time],
        [value for page in pages for value in page.value],
    )


def rows_of(
    columns: Sequence[Column], *, started_at: int, whole: bool, by_time: bool = False
) -> list[Row]:
    """The rows that columns make, in order.

    Args:
        columns: one for each key.
        started_at: from when on the seconds of `_runtime` are counted, in microseconds.
        whole: only rows that have a value in every column.
        by_time: rows of one step and different times are different rows.
    """
    if not by_time and _in_step(columns):
        return _side_by_side(columns, started_at)
    found: dict[Any, Row] = {}
    times: dict[Any, int] = {}
    for column in columns:
        key = column.key
        marks: Iterable[Any] = column.step
        if by_time:
            marks = zip(column.time, column.step, strict=True)
        for mark, time, value in zip(marks, column.time, _plain(column.value), strict=True):
            row = found.get(mark)
            if row is None:
                row = found[mark] = {}
                times[mark] = time
            elif time > times[mark]:
                times[mark] = time
            row[key] = value
    wanted = len(columns)
    return [
        _headed(mark[1] if by_time else mark, times[mark], started_at) | found[mark]
        for mark in sorted(found)
        if not whole or len(found[mark]) == wanted
    ]


def steps_of(columns: Sequence[Column], *, whole: bool) -> list[int]:
    """The steps at which there is a row, in order."""
    sets = [set(column.step) for column in columns]
    if not sets:
        return []
    return sorted(set.intersection(*sets) if whole else set.union(*sets))


def spread(steps: Sequence[int], samples: int) -> list[int]:
    """At most so many of them, evenly, the first and the last among them."""
    if len(steps) <= samples:
        return list(steps)
    if samples == 1:
        return [steps[-1]]
    gap = (len(steps) - 1) / (samples - 1)
    return [steps[round(at * gap)] for at in range(samples)]


def _in_step(columns: Sequence[Column]) -> bool:
    """Whether the columns have the same rows, each step once."""
    if not columns:
        return False
    step, time = columns[0].step, columns[0].time
    alike = all(each.step == step and each.time == time for each in columns[1:])
    return alike and all(a < b for a, b in itertools.pairwise(step))


def _side_by_side(columns: Sequence[Column], started_at: int) -> list[Row]:
    first = columns[0]
    names = ("_step", "_timestamp", "_runtime", *(column.key for column in columns))
    clock = [time / 1e6 for time in first.time]
    runtime = [(time - started_at) / 1e6 for time in first.time]
    values = (_plain(column.value) for column in columns)
    rows = zip(first.step, clock, runtime, *values, strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _headed(step: int, time: int, started_at: int) -> Row:
    return {"_step": step, "_timestamp": time / 1e6, "_runtime": (time - started_at) / 1e6}


def _plain(values: Sequence[Any]) -> Sequence[Any]:
    """The values as JSON can say them; nearly always they are numbers that it can."""
    try:
        if all(map(math.isfinite, values)):
            return values
    except (TypeError, OverflowError):
        pass  # there are other things among them
    return [plain(value) for value in values]
