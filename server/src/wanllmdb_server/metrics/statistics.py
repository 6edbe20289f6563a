"""Statistics: what is said of series without reading their points, one bin for each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from wanllmdb_server.domain.series import KeyStats
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.chunk import Stretch, Thing, join
from wanllmdb_server.metrics.pyramid import HIGH, LAST, LOW, STEP, TIME, Bins, Ints
from wanllmdb_server.metrics.segment import NUMBER, Notes, in_order

Place = tuple[int, int]  # run, number of the key

# As `KeyStats._make`, without a call of Python for each: there are many.
_made: Callable[[Iterable[Any]], KeyStats] = partial(tuple.__new__, KeyStats)


def of_numbers(
    notes: Notes, live: Mapping[Place, Stretch], names: Mapping[Place, str]
) -> dict[Place, KeyStats]:
    """Statistics of series of numbers, from notes about what is sealed and from live points."""
    notes = notes[notes["kind"] == NUMBER]
    starts = pyramid.starts_of(notes["run"], notes["key"])
    places = list(zip(notes["run"][starts].tolist(), notes["key"][starts].tolist(), strict=True))
    owner = np.repeat(np.arange(len(places)), np.diff(np.append(starts, len(notes))))
    known = {place: at for at, place in enumerate(places)} if live else {}
    for place in live:
        if place not in known:
            known[place] = len(places)
            places.append(place)
    if not places:
        return {}
    bins = np.ascontiguousarray(notes["bin"].T)
    first, n = notes["first"], notes["n"]
    if live:
        owners = np.array([known[place] for place in live], np.int64)
        fresh, low, size = of_live(list(live.values()))
        owner = np.concatenate((owner, owners))
        bins = np.concatenate((bins, fresh), axis=1)
        first, n = np.concatenate((first, low)), np.concatenate((n, size))
    if not _orderly(owner, bins[STEP]):
        order = np.lexsort((bins[STEP], owner))
        owner, bins, first, n = owner[order], bins[:, order], first[order], n[order]
    starts = pyramid.starts_of(owner)
    return _stats(
        places,
        names,
        pyramid.fold(np.ascontiguousarray(bins), starts),
        np.minimum.reduceat(first, starts).tolist(),
        np.add.reduceat(n, starts).tolist(),
    )


def _orderly(owner: Ints, step: Ints) -> bool:
    """Whether bins stand owner by owner, and by step: nearly always there is one of each."""
    same, later = owner[1:] == owner[:-1], step[1:] >= step[:-1]
    return bool(((owner[1:] > owner[:-1]) | (same & later)).all())


def of_live(series: list[Stretch]) -> tuple[Bins, Ints, Ints]:
    """One bin, the lowest step and the number of points of each series in memory; none is empty."""
    size = np.array([len(each) for each in series], np.int64)
    points = in_order(np.repeat(np.arange(len(series)), size), join(series))
    starts = np.cumsum(size) - size
    bins = pyramid.of_points(points.step, points.time, points.value)
    return pyramid.fold(bins, starts), points.step[starts], size


def _stats(
    places: list[Place], names: Mapping[Place, str], bins: Bins, first: list[int], n: list[int]
) -> dict[Place, KeyStats]:
    reals = pyramid.floats(bins)
    count, *others = pyramid.counts(bins)
    extremes = [each.tolist() for each in (reals[LOW], reals[HIGH], pyramid.means(bins))]
    for at in np.flatnonzero(count == 0).tolist():
        for values in extremes:
            values[at] = None
    columns = zip(
        map(names.__getitem__, places),
        itertools.repeat("number", len(places)),
        n,
        reals[LAST].tolist(),
        bins[STEP].tolist(),
        bins[TIME].tolist(),
        first,
        *extremes,
        *(each.tolist() for each in others),
        itertools.repeat(0, len(places)),
        strict=True,
    )
    return dict(zip(places, map(_made, columns), strict=True))


def with_superseded(stats: KeyStats, superseded: tuple[int, int]) -> KeyStats:
    """The statistics of a series that has more points than are shown: numbers, and objects."""
    hidden = superseded[0] if stats.kind == "number" else superseded[1]
    return stats._replace(logged=stats.logged + hidden, superseded=hidden)


def of_objects(
    key: str, sealed: list[tuple[int, int, int, int, Any]], live: list[Thing]
) -> KeyStats:
    """Statistics of a series of objects.

    Args:
        key: its name.
        sealed: (points, first step, last step, its time, its value) of each chunk, oldest first.
        live: points in memory, in order of arrival.
    """
    logged = sum(n for n, *_ in sealed) + len(live)
    first = min([first for _, first, *_ in sealed] + [step for step, _, _ in live])
    points = [(step, time, value) for _, _, step, time, value in sealed] + live
    step, time, value = max(reversed(points), key=lambda point: point[0])
    return KeyStats(key, "object", logged, value, step, time, first)
