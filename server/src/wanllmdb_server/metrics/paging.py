"""Paging: exact points by step, page after page, while more keep coming.

A cursor says at which step a page ended and how many points of that step it had reached,
numbers and objects apart, because among themselves their order of arrival never changes.
"""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, TypeVar

import numpy as np

from wanllmdb_server.domain.series import Points, Scan, Series, Window
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.chunk import Stretch, Thing, join
from wanllmdb_server.metrics.memtable import Live
from wanllmdb_server.metrics.pyramid import Ints
from wanllmdb_server.metrics.segment import NUMBER, Notes
from wanllmdb_server.metrics.shelf import Shelf, point_bodies

_CURSOR: Final = re.compile(r"(-?\d{1,19})\.(\d{1,18})\.(\d{1,18})\Z", re.ASCII)
_STEP: Final = itemgetter(0)
_END: Final = (1 << 63) - 1
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
    end = _END if last is None else last
    inside = (notes["first"] <= end) & (notes["bin"][:, pyramid.STEP] >= begin.step)
    notes = notes[inside]
    numbers, objects = notes[notes["kind"] == NUMBER], notes[notes["kind"] != NUMBER]
    points = _numbers(connection, numbers, live[0], begin, end, limit)
    things = _objects(connection, objects, live[1], begin, end, limit)
    if not things:
        return _of_numbers(series, points, begin, limit)
    if not len(points):
        return _of_objects(series, things, begin, limit)
    found = [(*point, True) for point in _tuples(points)]
    found += [(*thing, False) for thing in things]
    found.sort(key=_STEP)  # stable: of one step numbers first, then as they came
    cut = found[:limit]
    cursor = str(_behind(cut, begin)) if len(found) > limit else None
    return Points(
        series,
        [step for step, *_ in cut],
        [time for _, time, *_ in cut],
        [value for _, _, value, _ in cut],
        cursor,
    )


def scan(
    connection: sqlite3.Connection,
    series: Sequence[Series],
    notes: Notes,
    owner: Ints,
    live: Mapping[Series, Live],
    window: Window,
) -> dict[Series, Scan]:
    """All points of some series in a window. `owner` is the series, by place, of each note."""
    begin, end = place(None, window).step, _END if window.last is None else window.last
    inside = (notes["first"] <= end) & (notes["bin"][:, pyramid.STEP] >= begin)
    notes, owner = notes[inside], owner[inside]
    shelf = Shelf(connection, point_bodies(notes))
    stretches: dict[int, list[Stretch]] = {}
    things: dict[int, list[Thing]] = {}
    are_numbers = notes["kind"] == NUMBER
    numbers = notes[are_numbers]
    for at, part in zip(owner[are_numbers].tolist(), shelf.stretches(numbers), strict=True):
        stretches.setdefault(at, []).append(part)
    objects = zip(owner[~are_numbers].tolist(), notes[~are_numbers]["body"].tolist(), strict=True)
    for at, body in objects:
        things.setdefault(at, []).extend(shelf.things(body))
    found: dict[Series, Scan] = {}
    for at, each in enumerate(series):
        parts, others = stretches.get(at, []), things.get(at, [])
        if (fresh := live.get(each)) is not None:
            parts, others = [*parts, fresh.points()], [*others, *fresh.objects()]
        points = _between(join(parts), begin, end)
        others = sorted((thing for thing in others if begin <= thing[0] <= end), key=_STEP)
        found[each] = Scan(each, points.step, points.time, points.value, points.extra, others)
    return found


def _between(points: Stretch, begin: int, end: int) -> Stretch:
    """Those between two steps, by step; of one step as they came."""
    step = points.step
    if len(step) and (step.min() < begin or step.max() > end):
        points = points[(step >= begin) & (step <= end)]
        step = points.step
    return points[np.argsort(step, kind="stable")] if (step[1:] < step[:-1]).any() else points


def _of_numbers(series: Series, points: Stretch, begin: Place, limit: int) -> Points:
    """A page without objects."""
    more, points = len(points) > limit, points[:limit]
    cursor = None
    if more:
        here = limit - int(np.searchsorted(points.step, points.step[-1]))
        cursor = str(_on(begin, int(points.step[-1]), numbers=here))
    return Points(series, points.step.tolist(), points.time.tolist(), _values(points), cursor)


def _of_objects(series: Series, things: list[Thing], begin: Place, limit: int) -> Points:
    """A page without numbers."""
    more, things = len(things) > limit, things[:limit]
    steps, times, values = map(list, zip(*things, strict=True))
    cursor = str(_on(begin, steps[-1], objects=steps.count(steps[-1]))) if more else None
    return Points(series, steps, times, values, cursor)


_Found = list[tuple[int, int, Any, bool]]  # step, time, value, whether it is a number


def _behind(cut: _Found, begin: Place) -> Place:
    step = cut[-1][0]
    here = [is_number for at, _, _, is_number in cut if at == step]
    return _on(begin, step, numbers=sum(here), objects=len(here) - sum(here))


def _on(begin: Place, step: int, *, numbers: int = 0, objects: int = 0) -> Place:
    """The place behind so many points of a step, on a page that began at a place."""
    known = begin if begin.step == step else Place(step)
    return Place(step, known.numbers + numbers, known.objects + objects)


def _numbers(
    connection: sqlite3.Connection,
    notes: Notes,
    live: Stretch,
    begin: Place,
    end: int,
    limit: int,
) -> Stretch:
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
    return points[first : first + limit + 1]


def _tuples(points: Stretch) -> Iterator[tuple[int, int, Any]]:
    return zip(points.step.tolist(), points.time.tolist(), _values(points), strict=True)


def _values(points: Stretch) -> list[Any]:
    values: list[Any] = points.value.tolist()
    if points.extra is not None:
        for at in np.flatnonzero(points.extra).tolist():
            values[at] = int(values[at]) + int(points.extra[at])
    return values


def _objects(
    connection: sqlite3.Connection,
    notes: Notes,
    live: list[Thing],
    begin: Place,
    end: int,
    limit: int,
) -> list[Thing]:
    def load(some: Notes) -> list[list[Thing]]:
        shelf = Shelf(connection, point_bodies(some))
        return [shelf.things(body) for body in some["body"].tolist()]

    def count(part: list[Thing]) -> int:  # they are sealed in order
        return len(part) - bisect_left(part, begin.step, key=_STEP)

    parts = _enough(notes, load, count, begin.objects + limit)
    things: list[Thing] = []
    for part in parts:
        things += part[len(part) - count(part) : bisect_right(part, end, key=_STEP)]
    things += [thing for thing in live if begin.step <= thing[0] <= end]
    things.sort(key=_STEP)
    first = sum(step == begin.step for step, _, _ in things[: begin.objects])
    return things[first : first + limit + 1]


def _enough(
    notes: Notes, load: Callable[[Notes], list[_Part]], count: Callable[[_Part], int], wanted: int
) -> list[_Part]:
    """The parts that can have the first `wanted` points of a page, in order of arrival.

    Notes are loaded by their lowest step, until all that is still to come begins behind them.
    """
    order = np.argsort(notes["first"], kind="stable").tolist()
    lowest, highest = notes["first"].tolist(), notes["bin"][:, pyramid.STEP].tolist()
    loaded: dict[int, _Part] = {}
    unsafe: list[int] = []
    sure = 0  # points of parts that end before all that is still to come
    for at in order:
        sure += sum(count(loaded[i]) for i in unsafe if highest[i] < lowest[at])
        unsafe = [i for i in unsafe if highest[i] >= lowest[at]]
        if sure > wanted:
            break
        loaded[at] = load(notes[at : at + 1])[0]
        unsafe.append(at)
    return [loaded[at] for at in sorted(loaded)]
