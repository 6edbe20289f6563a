"""Releasing: some series of a run go, the others stay. For the sealer's thread.

Series share bodies: one goes when the last note that refers to it does.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection
from typing import Final

import numpy as np

from wanllmdb_server.domain.retention import PARTS, Part, Weight, part_of
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.erasing import BREATH_S, Steps
from wanllmdb_server.metrics.memtable import RunTable
from wanllmdb_server.metrics.pyramid import Ints
from wanllmdb_server.metrics.segment import Notes, bodies_of
from wanllmdb_server.metrics.statements import delete_notes, fetch_keys, fetch_run_notes

_NOTES: Final = 512


def weigh(connection: sqlite3.Connection, run: int) -> dict[Part, Weight]:
    """The sealed points of each part of a run, and about how many bytes they take."""
    notes = fetch_run_notes(connection, [run])
    which = _parts(connection, run, notes)
    sizes = dict(
        connection.execute(
            "SELECT b.id, length(b.b) FROM json_each(?) q CROSS JOIN body b ON b.id = q.value",
            (json.dumps(bodies_of(notes)),),
        ).fetchall()
    )
    found: dict[Part, Weight] = {}
    known: set[int] = set()
    for part in PARTS:
        mine = notes[which == PARTS.index(part)]
        if len(mine):
            bodies = set(bodies_of(mine)) - known  # what is shared counts once
            known |= bodies
            weight = sum(sizes.get(body, 0) for body in bodies) + mine.nbytes
            found[part] = Weight(int(mine["n"].sum()), weight)
    return found


def release(
    database: Database, run: int, parts: Collection[Part], table: RunTable | None
) -> Weight:
    """Delete the sealed points of some parts of a run; returns how many, and about how large.

    `table` is what is in memory of the run, where nothing of it waits to be sealed.
    """
    connection = database.sealing
    before = weigh(connection, run)
    weight = Weight()
    for part in parts:
        weight = weight.plus(before.get(part, Weight()))
    steps = Steps(_NOTES, most=_NOTES * 8)
    while True:
        notes = fetch_run_notes(connection, [run])
        which = _parts(connection, run, notes)
        doomed = np.isin(which, [PARTS.index(part) for part in parts])
        some = np.flatnonzero(doomed)[: steps.size]
        if not len(some):
            break
        if not _delete(database, notes, some, steps):
            return Weight()  # somebody else forgets the run
        time.sleep(BREATH_S)
    if table is not None:
        _tell(table, parts, connection)
    return weight


def _delete(database: Database, notes: Notes, some: Ints, steps: Steps) -> bool:
    """Delete some of the notes of a run, and what they alone refer to."""
    connection = database.sealing
    going = notes[some]
    others = set(bodies_of(np.delete(notes, some)))
    free = [body for body in bodies_of(going) if body not in others]
    run, points = int(going["run"][0]), int(going["n"].sum())
    with database.transaction(connection):
        began = time.monotonic()
        if not delete_notes(connection, going):
            connection.execute("ROLLBACK")
            return False
        connection.execute(
            "INSERT OR IGNORE INTO trash SELECT value FROM json_each(?)", (json.dumps(free),)
        )
        connection.execute(
            "INSERT INTO released(run, points) VALUES(?, ?)"
            " ON CONFLICT(run) DO UPDATE SET points = released.points + excluded.points",
            (run, points),
        )
    steps.took(time.monotonic() - began)
    return True


def _parts(connection: sqlite3.Connection, run: int, notes: Notes) -> Ints:
    """Of which part each note is, by its place in `PARTS`."""
    names = {number: key for (_, number), key in fetch_keys(connection, [run]).items()}
    of = {number: PARTS.index(part_of(key)) for number, key in names.items()}
    return np.array([of.get(key, 0) for key in notes["key"].tolist()], np.int64)


def _tell(table: RunTable, parts: Collection[Part], connection: sqlite3.Connection) -> None:
    """Let what is in memory of the run know what is gone."""
    left = fetch_run_notes(connection, [table.run])
    with table.lock:
        for key, kept in table.keys.items():
            if part_of(key) in parts:
                kept.sealed, kept.recent = 0, []
                kept.anew = kept.unsealed
        table.segments.clear()
        for generation in np.unique(left["gen"]).tolist():
            table.segments[generation] = int(left["n"][left["gen"] == generation].sum())
