"""Drawing: curves from what is known of each series, on one grid for all of them.

A bucket is a whole one or none: where the window cuts a bucket, all its points are in it, so
that a bucket is the same in every window, and buckets of one number cover the same steps
whatever they were made from.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wanllmdb_server.domain.series import Curve, Series, Window
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.chunk import Stretch
from wanllmdb_server.metrics.pyramid import HIGH, LAST, LEVELS, LOW, STEP, TIME, Bins, Ints
from wanllmdb_server.metrics.segment import Notes
from wanllmdb_server.metrics.shelf import Shelf, point_bodies

_SLAB: Final = 1 << 16  # bins at once, roughly: they and their folds fit a processor's cache
_END: Final = 1 << 63
_MAX_BITS: Final = 63  # steps on both sides of 0 never share a bucket, however wide


@dataclass(slots=True)
class Sources:
    """All that is known of some series.

    Attributes:
        series: in the order asked.
        notes: about their sealed points, series after series, oldest first.
        owner: which series (by place) a note is about.
        live: points that are in memory only, by the place of their series.
        superseded: how many more were logged and are not shown, by the place of their series.
    """

    series: Sequence[Series]
    notes: Notes
    owner: Ints
    live: dict[int, Stretch]
    superseded: dict[int, int]

    def logged(self) -> Ints:
        """How many points each series has."""
        size = len(self.series)
        logged = np.bincount(self.owner, self.notes["n"], size).astype(np.int64)
        for place, points in self.live.items():
            logged[place] += len(points)
        for place, hidden in self.superseded.items():
            logged[place] += hidden
        return logged

    def extents(self) -> tuple[Ints, Ints]:
        """The lowest and the highest step of each series; of an empty one, the wrong way round."""
        low = np.full(len(self.series), _END - 1)
        high = np.full(len(self.series), -_END)
        np.minimum.at(low, self.owner, self.notes["first"])
        np.maximum.at(high, self.owner, self.notes["bin"][:, STEP])
        for place, points in self.live.items():
            low[place] = min(low[place], points.step.min())
            high[place] = max(high[place], points.step.max())
        return low, high

    def of(self, places: Ints) -> Sources:
        """Of some of the series; their places ascend."""
        if len(places) == len(self.series):
            return self
        now = np.full(len(self.series), -1)
        now[places] = np.arange(len(places))
        owner = now[self.owner]
        known = {int(place): at for at, place in enumerate(places)}
        return Sources(
            [self.series[place] for place in known],
            self.notes[owner >= 0],
            owner[owner >= 0],
            {known[at]: points for at, points in self.live.items() if at in known},
            {},
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A chart: series by their places, the steps that are seen, how many buckets at most."""

    places: Sequence[int]
    window: Window
    buckets: int


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets of 2 ** `bits` steps; those from number `first` to `last` are drawn."""

    bits: int
    first: int = 0
    last: int = -1

    @property
    def low(self) -> int:
        """The first step that is drawn."""
        return max(self.first << self.bits, -_END)

    @property
    def high(self) -> int:
        """The last step that is drawn."""
        return min((self.last + 1) << self.bits, _END) - 1


def grid_for(low: Ints, high: Ints, window: Window, buckets: int) -> Grid:
    """The finest grid on which the extents, cut to the window, need at most so many buckets."""
    if window.first is not None:
        low = np.maximum(low, max(window.first, -_END))
    if window.last is not None:
        high = np.minimum(high, min(window.last, _END - 1))
    seen = low <= high
    if not seen.any():
        return Grid(0)
    first, last = int(low[seen].min()), int(high[seen].max())
    bits = 0
    while (last >> bits) - (first >> bits) + 1 > buckets and bits < _MAX_BITS:
        bits += 1
    return Grid(bits, first >> bits, last >> bits)


def draw(
    connection: sqlite3.Connection, sources: Sources, charts: Sequence[Asked]
) -> list[list[Curve]]:
    """The curves of each chart. What several draw on like grids is drawn at once."""
    logged = sources.logged()
    low, high = sources.extents()
    grids: list[Grid] = []
    together: dict[Grid, set[int]] = {}
    for chart in charts:
        places = list(chart.places)
        grid = grid_for(low[places], high[places], chart.window, chart.buckets)
        grids.append(grid)
        together.setdefault(grid, set()).update(places)
    found: dict[tuple[Grid, int], Curve] = {}
    for grid, those in together.items():
        places = sorted(those)
        some = np.array(places, np.int64)
        curves = _draw(connection, sources.of(some), logged[some], grid)
        found.update(((grid, place), curve) for place, curve in zip(places, curves, strict=True))
    return [
        [found[grid, place] for place in chart.places]
        for chart, grid in zip(charts, grids, strict=True)
    ]


def _draw(
    connection: sqlite3.Connection, sources: Sources, logged: Ints, grid: Grid
) -> list[Curve]:
    """One curve for each series."""
    wanted = sources.notes["first"] <= grid.high
    wanted &= sources.notes["bin"][:, STEP] >= grid.low
    notes, owner = sources.notes[wanted], sources.owner[wanted]
    level = _levels(notes, grid)
    curves: list[Curve] = []
    for first, end in _slabs(len(sources.series), notes, owner, level):
        a, b = np.searchsorted(owner, (first, end)).tolist()
        parts = _sealed(connection, notes[a:b], level[a:b], grid)
        whose = owner[a:b].tolist()
        for place, points in sources.live.items():
            if first <= place < end:
                parts.append(_of_points(points, grid))
                whose.append(place)
        bins, places = _on_grid(parts, whose, grid)
        part = slice(first, end)
        curves += _curves(sources.series[part], logged[part], bins, places - first, grid)
    return curves


def _levels(notes: Notes, grid: Grid) -> Ints:
    """From which level of its pyramid each note's points are drawn; -1 is the points."""
    chosen = np.full(len(notes), -1)
    for place, steps in enumerate(LEVELS):
        if steps <= 1 << grid.bits:
            chosen[notes["level_n"][:, place] > 0] = place
    return chosen


def _slabs(size: int, notes: Notes, owner: Ints, level: Ints) -> Iterator[tuple[int, int]]:
    """Ranges of series that are drawn together."""
    n = np.where(level < 0, notes["n"], notes["level_n"][np.arange(len(notes)), level])
    first, room = 0, _SLAB
    for place, each in enumerate(np.bincount(owner, n, size).astype(np.int64).tolist()):
        if each > room and place > first:
            yield first, place
            first, room = place, _SLAB
        room -= each
    yield first, size


def _sealed(connection: sqlite3.Connection, notes: Notes, level: Ints, grid: Grid) -> list[Bins]:
    """Bins of each note, from the coarsest level that the grid allows."""
    rows = np.arange(len(notes))
    body = notes["level_body"][rows, level]
    start = notes["level_at"][rows, level]
    end = start + notes["level_n"][rows, level]
    raw = level < 0
    shelf = Shelf(connection, point_bodies(notes[raw]) | set(body[~raw].tolist()))
    points = iter(shelf.stretches(notes[raw]))
    return [
        _of_points(next(points), grid) if plain else shelf.bins(number)[:, a:b]
        for plain, number, a, b in zip(
            raw.tolist(), body.tolist(), start.tolist(), end.tolist(), strict=True
        )
    ]


def _of_points(points: Stretch, grid: Grid) -> Bins:
    inside = (points.step >= grid.low) & (points.step <= grid.high)
    if not inside.all():
        points = points[inside]
    return pyramid.of_points(points.step, points.time, points.value)


def _on_grid(parts: list[Bins], whose: list[int], grid: Grid) -> tuple[Bins, Ints]:
    """One bin for each series and bucket, and whose it is.

    Parts of one series come in order of arrival, so that of equal steps the last one wins.
    """
    if not parts:
        return np.empty((pyramid.FIELDS, 0), np.int64), np.empty(0, np.int64)
    bins = np.concatenate(parts, axis=1)
    owner = np.repeat(np.array(whose, np.int64), [part.shape[1] for part in parts])
    step = bins[STEP]
    inside = (step >= grid.low) & (step <= grid.high)
    if not inside.all():
        bins, owner = bins[:, inside], owner[inside]
        step = bins[STEP]
    orderly = (owner[1:] > owner[:-1]) | ((owner[1:] == owner[:-1]) & (step[1:] >= step[:-1]))
    if not orderly.all():
        order = np.lexsort((step, owner))
        bins, owner = bins[:, order], owner[order]
    starts = pyramid.starts_of(owner, bins[STEP] >> grid.bits)
    return pyramid.fold(bins, starts), owner[starts]


def _curves(
    series: Sequence[Series], logged: Ints, bins: Bins, owner: Ints, grid: Grid
) -> list[Curve]:
    """The bins as curves, cut where the series change."""
    reals = pyramid.floats(bins)
    count, nan, posinf, neginf = (each.astype(np.uint32) for each in pyramid.counts(bins))
    mean = pyramid.means(bins)
    number = bins[STEP] >> grid.bits
    cuts = np.searchsorted(owner, np.arange(len(series) + 1)).tolist()
    curves: list[Curve] = []
    for place, (each, total) in enumerate(zip(series, logged.tolist(), strict=True)):
        part = slice(cuts[place], cuts[place + 1])
        curves.append(
            Curve(
                series=each,
                width=1 << grid.bits,
                logged=total,
                bin=number[part],
                step=bins[STEP, part],
                time=bins[TIME, part],
                last=reals[LAST, part],
                low=reals[LOW, part],
                high=reals[HIGH, part],
                mean=mean[part],
                count=count[part],
                nan=nan[part],
                posinf=posinf[part],
                neginf=neginf[part],
            )
        )
    return curves
