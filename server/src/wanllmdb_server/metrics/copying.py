"""Copying: the points of one run, as they are shown up to a step, made a segment of another.

A fork begins with them. They are an attempt of their own (`succession.with_copy`), which the
log has written before; here its points follow, all at once. An attempt that has points was
copied already.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator

import numpy as np

from wanllmdb_server.domain.run import is_users_key
from wanllmdb_server.domain.series import Series
from wanllmdb_server.metrics import pyramid
from wanllmdb_server.metrics.chunk import Stretch, Thing, join
from wanllmdb_server.metrics.memtable import RunTable
from wanllmdb_server.metrics.merging import SLICE
from wanllmdb_server.metrics.segment import NUMBER, Builder, Notes, attempt_of
from wanllmdb_server.metrics.shelf import Shelf, point_bodies
from wanllmdb_server.metrics.sieve import leave_out
from wanllmdb_server.metrics.statements import fetch_keys, fetch_run_notes
from wanllmdb_server.metrics.succession import Succession

Slice = list[tuple[str, Stretch, list[Thing]]]  # key, numbers, objects


def is_copied(connection: sqlite3.Connection, run: int, attempt: int) -> bool:
    """Whether this attempt of a run has points in chunks."""
    generations = connection.execute("SELECT DISTINCT gen FROM chunk WHERE run = ?", (run,))
    return any(attempt_of(generation) == attempt for (generation,) in generations)


def slices(
    connection: sqlite3.Connection, run: int, succession: Succession | None, until: int
) -> Iterator[Slice]:
    """What is shown of the sealed series of a run up to a step, some series at a time."""
    names = {
        place: Series(run, key)
        for place, key in fetch_keys(connection, [run]).items()
        if is_users_key(key)
    }
    notes = fetch_run_notes(connection, [run])
    notes = notes[np.isin(notes["key"], [number for _, number in names])]
    starts = [*pyramid.starts_of(notes["key"]).tolist(), len(notes)]
    taken: Slice = []
    room = SLICE
    for start, end in itertools.pairwise(starts):
        part = notes[start:end]
        series = names[run, int(part["key"][0])]
        numbers, things = _series(connection, series, succession, part, until)
        if len(numbers) or things:
            taken.append((series.key, numbers, things))
            room -= len(numbers) + len(things)
        if room < 0:
            yield taken
            taken, room = [], SLICE
    if taken:
        yield taken


def _series(
    connection: sqlite3.Connection,
    series: Series,
    succession: Succession | None,
    notes: Notes,
    until: int,
) -> tuple[Stretch, list[Thing]]:
    """What is shown of one series up to a step."""
    numbers: list[Stretch] = []
    things: list[Thing] = []
    if succession is not None:
        names = {(series.run, int(notes["key"][0])): series}
        live = {}
        notes = leave_out(connection, notes, live, names, {series.run: succession})
        for each in live.values():
            numbers, things = each.stretches, each.objects()
    notes = notes[notes["first"] <= until]
    shelf = Shelf(connection, point_bodies(notes))
    told = notes[notes["kind"] == NUMBER]
    points = join([*shelf.stretches(told), *numbers])
    bodies = notes["body"][notes["kind"] != NUMBER].tolist()
    things = [thing for body in bodies for thing in shelf.things(body)] + things
    return points[points.step <= until], [thing for thing in things if thing[0] <= until]


def add(builder: Builder, table: RunTable, part: Slice) -> dict[str, int]:
    """Add series to a segment of the table's run; returns how many numbers each brought.

    A key for which the run has no room is left out.
    """
    brought: dict[str, int] = {}
    numbered: list[tuple[int, Stretch, list[Thing]]] = []
    with table.lock:
        for key, points, things in part:
            kept = table.series(key)
            if kept is not None:
                brought[key] = len(points)
                numbered.append((kept.id, points, things))
    numbered.sort(key=lambda each: each[0])
    numbers = [(number, points) for number, points, _ in numbered if len(points)]
    if numbers:
        builder.add_numbers([number for number, _ in numbers], [each for _, each in numbers])
    for number, _, things in numbered:
        if things:
            builder.add_objects(number, things)
    return brought
