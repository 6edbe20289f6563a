"""Census: the points of a run counted anew, by reading every byte that is kept of them.

It looks at the file alone, in one moment of it: sealed chunks and the batches of the log that
are not sealed yet. The memtable and the totals of the writers are not asked. Every checksum
is verified, and what fails is named and left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from wanllmdb.wire import WireError
from wanllmdb_server.domain.receipt import Count
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.counting import Room
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.inspection import LOST, Fault, faults_of
from wanllmdb_server.metrics.replay import BATCH, read_back
from wanllmdb_server.metrics.salvaging import EVERY_RUN
from wanllmdb_server.metrics.segment import Notes, attempt_of, whole_notes
from wanllmdb_server.metrics.statements import fetch_keys, fetch_writers

_NAMED: Final = 3  # series by name in a sentence about damage


class Census:
    """Counts; for one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None

    def count(self, run: int) -> Count:
        """See `MetricStore.count`."""
        connection = self._connection = self._connection or self._database.reader()
        connection.execute("BEGIN")  # one moment for all that is read
        try:
            writers = fetch_writers(connection, run)
            names = {number: name for (_, number), name in fetch_keys(connection, [run]).items()}
            sealed, damage = _sealed(connection, run, names)
            waiting, more = _waiting(connection, run, frozenset(names.values()))
            lost = _lost(connection, run)
            return Count(
                sealed + waiting, (*damage, *more, *lost), writers, _released(connection, run)
            )
        except (
            sqlite3.DatabaseError,
            DamagedError,
        ) as error:  # the tree that rows hang in
            return Count(0, (f"The file of all points ({error})",), {})
        finally:
            connection.execute("ROLLBACK")


def _sealed(
    connection: sqlite3.Connection, run: int, names: dict[int, str]
) -> tuple[int, list[str]]:
    """The points in chunks that writers of the run logged, and what is damaged of all."""
    faults = faults_of(connection, run, None)
    if faults and faults[0].what == "index":
        return 0, [f"The file of all points ({faults[0].why})"]
    notes = _notes(connection, run)
    gone = {each.place for each in faults if each.what in LOST}
    columns = (notes[name].tolist() for name in ("key", "kind", "gen", "part"))
    whole = np.array([place not in gone for place in zip(*columns, strict=True)], bool)
    foreign = np.isin(attempt_of(notes["gen"]), _copied(connection, run))
    return int(notes["n"][whole & ~foreign].sum()), _words(faults, names)


def _words(faults: Sequence[Fault], names: dict[int, str]) -> list[str]:
    """What is damaged, for people: each body once, with the series that it holds."""
    bodies: dict[tuple[str, int], set[int]] = {}
    whys: dict[tuple[str, int], str] = {}
    words: list[str] = []
    for fault in faults:
        if fault.body and fault.key is not None:
            bodies.setdefault((fault.what, fault.body), set()).add(fault.key)
            whys[fault.what, fault.body] = fault.why
        elif fault.what == "note" and fault.place is not None:
            _, _, generation, part = fault.place
            place = f"segment {generation}, part {part}"
            words.append(f"The note about {_those([fault.place[0]], names)} ({place})")
        else:
            words.append(fault.why)
    words += [
        f"The {what} of {_those(keys, names)} ({whys[what, body]})"
        for (what, body), keys in bodies.items()
    ]
    return words


def _lost(connection: sqlite3.Connection, run: int) -> list[str]:
    """What was damaged and is set apart."""
    rows = connection.execute(
        "SELECT what, name, why FROM lost WHERE run IN (?, ?) ORDER BY id", (EVERY_RUN, run)
    ).fetchall()
    return [
        f"The {what} of {name} ({why}; set apart)" if name else f"The {what} ({why}; set apart)"
        for what, name, why in rows
    ]


def _copied(connection: sqlite3.Connection, run: int) -> list[int]:
    """The attempts that no writer of the run logged: a fork has them from another run."""
    rows = connection.execute(
        "SELECT number FROM attempt WHERE run = ? AND copied IS NOT NULL", (run,)
    ).fetchall()
    return [number for (number,) in rows]


def _released(connection: sqlite3.Connection, run: int) -> int:
    row = connection.execute("SELECT points FROM released WHERE run = ?", (run,)).fetchone()
    return row[0] if row else 0


def _notes(connection: sqlite3.Connection, run: int) -> Notes:
    """The notes about a run that are what was written."""
    rows = connection.execute("SELECT note FROM chunk WHERE run = ?", (run,)).fetchall()
    return whole_notes([note for (note,) in rows])


def _waiting(
    connection: sqlite3.Connection, run: int, known: frozenset[str]
) -> tuple[int, list[str]]:
    """The points of the log that are not in chunks yet, and the batches that cannot be read."""
    room = Room()
    points = 0
    damage: list[str] = []
    batches = f"SELECT {BATCH} FROM batch WHERE run = ? ORDER BY id"  # noqa: S608
    for row in connection.execute(batches, (run,)):
        try:
            points += room.count(run, known, read_back(*row)).points
        except WireError as error:  # noqa: PERF203 - each batch stands for itself
            damage.append(f"Batch {row[0]} of the log ({error})")
    for number, records in connection.execute(
        "SELECT id, records FROM damaged WHERE run = ? ORDER BY id", (run,)
    ):
        damage.append(f"Batch {number} of the log ({records} records, set apart)")
    return points, damage


def _those(keys: Iterable[int], names: dict[int, str]) -> str:
    """Some series by name, and how many more there are."""
    told = sorted(names.get(key, f"series {key}") for key in keys)
    more = len(told) - _NAMED
    return ", ".join(told[:_NAMED]) + (f" and {more} more" if more > 0 else "")
