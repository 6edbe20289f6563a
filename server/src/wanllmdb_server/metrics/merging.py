"""Merging: which segments of a run become one, and how."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from typing import Final

import numpy as np

from wanllmdb_server.metrics.chunk import join
from wanllmdb_server.metrics.pyramid import starts_of
from wanllmdb_server.metrics.segment import NUMBER, Builder, Notes, attempt_of, is_apart
from wanllmdb_server.metrics.shelf import Shelf, point_bodies

MANY: Final = 8  # segments of about one size become one
SLICE: Final = 1 << 19  # points taken into memory at once, unless one series has more
LARGE: Final = 1 << 20  # points of each key, on average: a segment that has so many stays so
LARGEST: Final = 1 << 22  # and none is made that has more than so many
_SMALL: Final = 1 << 20  # points; so few are merged whatever the proportion
_TIERS: Final = 3


def mergeable(segments: dict[int, int]) -> Iterator[dict[int, int]]:
    """The segments of each attempt that may be merged with each other.

    What is superseded was set apart, and stays so.
    """
    for attempt in sorted({attempt_of(generation) for generation in segments}):
        yield {
            generation: points
            for generation, points in segments.items()
            if attempt_of(generation) == attempt and not is_apart(generation)
        }


def choose(segments: dict[int, int], *, final: bool, keys: int = 1) -> list[int]:
    """The newest generations that should become one now; fewer than two means none.

    Segments are neighbours in the order of arrival, so that the merged one takes their place.

    Args:
        segments: points by generation.
        final: nothing is expected to follow; merge unless it means rewriting much for little.
        keys: of the run; a series is taken into memory as a whole, so it must not grow for ever.
    """
    order = list(itertools.takewhile(
        lambda generation: segments[generation] < LARGE * keys, sorted(segments, reverse=True)
    ))  # fmt: skip
    if final:
        chosen: list[int] = []
        total = 0
        for generation in order:
            size = segments[generation]
            if chosen and size > 4 * total and size + total > _SMALL:
                break
            if size + total > LARGEST * keys:
                break
            chosen.append(generation)
            total += size
        return chosen
    for tier in range(_TIERS):
        count = 0
        while count < len(order) and _tier(segments[order[count]]) <= tier:
            count += 1
        if count >= MANY:
            return order[:count]
    return []


def _tier(points: int) -> int:
    """0 below 64 k points, and one more for each factor of eight."""
    return max(points.bit_length() - 14, 0) // 3


def merge(connection: sqlite3.Connection, notes: Notes, builder: Builder) -> Iterator[None]:
    """Add all points that the notes are about to the builder, a slice at a time."""
    for part in slices(notes):
        shelf = Shelf(connection, point_bodies(part))
        numbers = part[part["kind"] == NUMBER]
        if len(numbers):
            stretches = shelf.stretches(numbers)
            starts = starts_of(numbers["key"]).tolist()
            ends = [*starts[1:], len(numbers)]
            series = [join(stretches[a:b]) for a, b in zip(starts, ends, strict=True)]
            builder.add_numbers(numbers["key"][starts].tolist(), series)
        objects = part[part["kind"] != NUMBER]
        for key in np.unique(objects["key"]).tolist():
            bodies = objects["body"][objects["key"] == key].tolist()
            builder.add_objects(key, [thing for body in bodies for thing in shelf.things(body)])
        yield


def slices(notes: Notes) -> Iterator[Notes]:
    """Whole series together, up to `SLICE` points."""
    starts = [*starts_of(notes["key"]).tolist(), len(notes)]
    first, room = 0, SLICE
    for start, end in itertools.pairwise(starts):
        size = int(notes["n"][start:end].sum())
        if size > room and start > first:
            yield notes[first:start]
            first, room = start, SLICE
        room -= size
    if first < len(notes):
        yield notes[first:]
