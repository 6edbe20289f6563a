"""Parting: the points of a segment that are shown, and those that a later attempt superseded.

A series is drawn from its pyramid as long as a note's points are all shown or none is. Of a
resumed run the last segment of the first attempt has both, for every key; so it is parted,
once, when the run is sealed next. That changes no answer: what is superseded is found anew
with each question, wherever the points lie.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wanllmdb_server.metrics.chunk import join
from wanllmdb_server.metrics.limits import limits_of
from wanllmdb_server.metrics.merging import slices
from wanllmdb_server.metrics.pyramid import Ints
from wanllmdb_server.metrics.segment import (
    NUMBER,
    OBJECT,
    Builder,
    Notes,
    generation_apart,
    is_apart,
)
from wanllmdb_server.metrics.shelf import Shelf, point_bodies
from wanllmdb_server.metrics.succession import Succession


@dataclass(frozen=True, slots=True)
class Mixed:
    """A generation with series that are partly superseded.

    Attributes:
        generation: the one.
        notes: about these series in it, and in the generation beside it, series after series.
        bounds: of each note, the step from which on its points are superseded.
    """

    generation: int
    notes: Notes
    bounds: Ints


def mixed(notes: Notes, succession: Succession, names: Mapping[int, str]) -> list[Mixed]:
    """The generations of a run that should be parted.

    Args:
        notes: all about the run, key after key.
        succession: of the run.
        names: of its keys.
    """
    limits = limits_of(notes, succession, names)
    found: list[Mixed] = []
    for generation in np.unique(notes["gen"][limits.mixed]).tolist():
        if is_apart(generation):
            continue
        keys = notes["key"][limits.mixed & (notes["gen"] == generation)]
        both = np.isin(notes["gen"], (generation, generation_apart(generation)))
        whole = both & np.isin(notes["key"], keys) & limits.bounded
        found.append(Mixed(generation, notes[whole], limits.limit[whole]))
    return found


def part(
    connection: sqlite3.Connection, of: Mixed, shown: Builder, apart: Builder
) -> Iterator[None]:
    """Add the points that the notes are about to one builder or the other, a slice at a time."""
    bounds = dict(zip(_series(of.notes), of.bounds.tolist(), strict=True))
    for notes in slices(of.notes):
        shelf = Shelf(connection, point_bodies(notes))
        numbers = notes[notes["kind"] == NUMBER]
        keys = np.unique(numbers["key"]).tolist()
        stretches = [join(shelf.stretches(numbers[numbers["key"] == key])) for key in keys]
        limits = [bounds[key, NUMBER] for key in keys]
        for builder, wanted in ((shown, _before), (apart, _behind)):
            parts = [
                (key, points[wanted(points.step, limit)])
                for key, points, limit in zip(keys, stretches, limits, strict=True)
            ]
            parts = [(key, points) for key, points in parts if len(points)]
            if parts:
                builder.add_numbers([key for key, _ in parts], [points for _, points in parts])
        objects = notes[notes["kind"] != NUMBER]
        for key in np.unique(objects["key"]).tolist():
            bodies = objects["body"][objects["key"] == key].tolist()
            things = [thing for body in bodies for thing in shelf.things(body)]
            bound = bounds[key, OBJECT]
            for builder, those in (
                (shown, [thing for thing in things if thing[0] < bound]),
                (apart, [thing for thing in things if thing[0] >= bound]),
            ):
                if those:
                    builder.add_objects(key, those)
        yield


def _series(notes: Notes) -> list[tuple[int, int]]:
    """The key and the kind of each note."""
    return list(zip(notes["key"].tolist(), notes["kind"].tolist(), strict=True))


def _before(step: Ints, bound: int) -> NDArray[np.bool_]:
    return step < bound


def _behind(step: Ints, bound: int) -> NDArray[np.bool_]:
    return step >= bound
