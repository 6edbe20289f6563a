"""Paging: exact points by step, page after page, while more keep coming.

A cursor says at which step a page ended and how many points of that step it had reached,
numbers and objects apart, because among themselves their order of arrival never changes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from wanllmdb_server.domain.series import Points, Series, Window
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.chunk import Stretch, Thing, join
from wanllmdb_server.metrics.segment import NUMBER, Notes
from wanllmdb_server.metrics.shelf import Shelf, point_bodies

_CURSOR: Final = re.compile(r"(-?\d{1,19})\.(\d{1,18})\.(\d{1,18})\Z", re.ASCII)
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: at `step`, behind so many numbers and objects of that step."""

    step: int
    numbers: int = 0
    objects: int = 0

    def __str__(self) -> str:
        return f"{self.step}.{self.numbers}.{self.objects}"


def place(cursor: str | None, window: Window) -> Place:
    """Where to begin; raises ValueError for a cursor that is none."""
    if cursor is None:
        return Place(-(1 << 63) if window.first is None else window.first)
    found = _CURSOR.match(cursor)
    if found is None:
        raise ValueError("The cursor is none that this server gave.")
    return Place(*map(int, found.groups()))


def page(
    connection: sqlite3.Connection,
    series: Series,
    notes: Notes,
    live: tuple[Stretch, list[Thing]],
    begin: Place,
    last: int | None,
    limit: int,
) -> Points:
    """The page of a series that begins at a place and ends with `limit` points or `last`."""
    end = (1 << 63) - 1 if last is None else last
    inside = (notes["first"] <= end) & (notes["bin"][:, pyramid.STEP] >= begin.step)
    notes = notes[inside]
    numbers, objects = notes[notes["kind"] == NUMBER], notes[notes["kind"] != NUMBER]
    found = _numbers(connection, numbers, live[0], begin, end, limit)
    found += _objects(connection, objects, live[1], begin, end, limit)
    found.sort(key=lambda each: each[0])  # stable: of one step numbers first, then as they came
    cut = found[:limit]
    cursor = str(_behind(cut, begin)) if len(found) > limit else None
    return Points(
        series,
        [step for step, *_ in cut],
        [time for _, time, *_ in cut],
        [value for _, _, value, _ in cut],
        cursor,
    )


_Found = list[tuple[int, int, Any, bool]]  # step, time, value, whether it is a number


def _behind(cut: _Found, begin: Place) -> Place:
    step = cut[-1][0]
    here = [is_number for at, _, _, is_number in cut if at == step]
    known = begin if begin.step == step else Place(step)
    return Place(step, known.numbers + sum(here), known.objects + len(here) - sum(here))


def _numbers(
    connection: sqlite3.Connection,
    notes: Notes,
    live: Stretch,
    begin: Place,
    end: int,
    limit: int,
) -> _Found:
    def load(some: Notes) -> list[Stretch]:
        return Shelf(connection, point_bodies(some)).stretches(some)

    def inside(part: Stretch) -> Stretch:
        return part[(part.step >= begin.step) & (part.step <= end)]

    def count(part: Stretch) -> int:
        return int((part.step >= begin.step).sum())

    parts = _enough(notes, load, count, begin.numbers + limit)
    points = join([inside(part) for part in [*parts, live]])
    points = points[np.argsort(points.step, kind="stable")]
    first = int(np.searchsorted(points.step, begin.step)) + begin.numbers
    points = points[first : first + limit + 1]
    values: list[Any] = points.value.tolist()
    if points.extra is not None:
        for at in np.flatnonzero(points.extra).tolist():
            values[at] = int(values[at]) + int(points.extra[at])
    rows = zip(points.step.tolist(), points.time.tolist(), values, strict=True)
    return [(step, time, value, True) for step, time, value in rows]


def _objects(
    connection: sqlite3.Connection,
    notes: Notes,
    live: list[Thing],
    begin: Place,
    end: int,
    limit: int,
) -> _Found:
    def load(some: Notes) -> list[list[Thing]]:
        shelf = Shelf(connection, point_bodies(some))
        return [shelf.things(body) for body in some["body"].tolist()]

    def count(part: list[Thing]) -> int:
        return sum(step >= begin.step for step, _, _ in part)

    parts = _enough(notes, load, count, begin.objects + limit)
    things = [thing for part in [*parts, live] for thing in part if begin.step <= thing[0] <= end]
    things.sort(key=lambda thing: thing[0])
    first = sum(step == begin.step for step, _, _ in things[: begin.objects])
    return [(*thing, False) for thing in things[first : first + limit + 1]]


def _enough(
    notes: Notes, load: Callable[[Notes], list[_Part]], count: Callable[[_Part], int], wanted: int
) -> list[_Part]:
    """The parts that can have the first `wanted` points of a page, in order of arrival.

    Notes are loaded by their lowest step, until all that is still to come begins behind them.
    """
    order = np.argsort(notes["first"], kind="stable")
    highest = notes["bin"][:, pyramid.STEP]
    loaded: dict[int, _Part] = {}
    for at in order.tolist():
        safe = [i for i in loaded if highest[i] < notes["first"][at]]
        if sum(count(loaded[i]) for i in safe) > wanted:
            break
        loaded[at] = load(notes[at : at + 1])[0]
    return [loaded[at] for at in sorted(loaded)]
