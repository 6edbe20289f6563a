"""Erasing: deleted runs go at once for everybody, and from the disk in small steps.

A run that is small is deleted in one transaction. Of a large one a row says that it is being
erased: from then on nobody sees it, and the sealer takes it away a step at a time, none of
which holds the lock for long. A server that stops in between goes on where it was. What was in
memory of a run goes in steps too: to free all of it at once would hold up every thread.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from wanllmdb_server.crash_points import crash_point
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.memtable import Kept, RunTable
from wanllmdb_server.metrics.statements import delete_batches, discard_bodies, erase_run

_SMALL_NOTES: Final = 1000
_SMALL_BATCHES: Final = 100
_SMALL_BYTES: Final = 1024 * 1024  # of batches
_BIT: Final = 256  # stretches or things that are freed at once
STEP_S: Final = 0.01  # how long a step should hold the lock
BREATH_S: Final = 0.002  # between two steps, for those who wait for the lock
_LEAST: Final = 8

# What is taken away after the notes, and how to tell the rows of one step.
_TABLES: Final = (
    ("damaged", "id"),
    ("lost", "id"),
    ("key", "name"),
    ("attempt_writer", "writer"),
    ("writer", "name"),
    ("attempt", "number"),
    ("contents", "part"),
    ("released", "run"),
    ("batch", "id"),  # last, for it is gone through from end to end: those known are gone by then
)

_logger = logging.getLogger(__name__)


class Steps:
    """How much is done at once, so that it takes about as long as it may."""

    def __init__(self, size: int, *, most: int) -> None:
        self.size = size
        self._most = most

    def took(self, seconds: float) -> None:
        """A step of this size held the lock for so long."""
        if seconds > STEP_S:
            self.size = max(self.size // 2, _LEAST)
        elif seconds < STEP_S / 4:
            self.size = min(self.size * 2, self._most)


class Erasing:
    """The runs that are being erased. `begin` is for the log's thread, `step` for the sealer's."""

    def __init__(self, database: Database) -> None:
        rows = database.log.execute("SELECT run FROM erasing").fetchall()
        self.runs: frozenset[int] = frozenset(run for (run,) in rows)
        self._database = database
        self._batches: dict[int, list[int]] = {}
        self._tables: deque[Iterator[None]] = deque()
        self._steps = Steps(128, most=4096)

    def begin(self, run: int, batches: Sequence[int]) -> bool:
        """Delete a run, or say that it is being erased, in the log's transaction; whether the
        second, and `hide` follows when it is durable. `batches` are those of it in the log.
        """
        connection = self._database.log
        if run not in self.runs and self._is_small(run, batches):
            erase_run(connection, run, batches)
            return False
        connection.execute("INSERT OR IGNORE INTO erasing VALUES(?)", (run,))
        return True

    def _is_small(self, run: int, batches: Sequence[int]) -> bool:
        connection = self._database.log
        (notes,) = connection.execute(
            "SELECT ifnull(sum(n), 0) FROM contents WHERE run = ?", (run,)
        ).fetchone()
        return (
            notes <= _SMALL_NOTES
            and len(batches) <= _SMALL_BATCHES
            and _size_of(connection, batches) <= _SMALL_BYTES
        )

    def hide(self, run: int, batches: Sequence[int]) -> None:
        """From now on nobody sees the run."""
        if run not in self.runs:  # whose batches are known already
            self._batches[run] = list(batches)
            self.runs |= {run}

    def discard(self, table: RunTable) -> None:
        """What was in memory of a run that is gone; nobody but those who read it now has it."""
        self._tables.append(_dismantle(table))

    def step(self) -> bool:
        """Take something of a run away; whether there was anything."""
        if self._tables:
            self._free(self._tables[0])
            return True
        run = min(self.runs, default=None)
        if run is None:
            return False
        connection = self._database.sealing
        began = time.monotonic()
        with self._database.transaction(connection):
            began = time.monotonic()
            left = self._step(connection, run)
            crash_point("erase.written")
        crash_point("erase.durable")
        self._steps.took(time.monotonic() - began)
        if not left:
            self.runs -= {run}
            _logger.info("metrics: run %d is erased", run)
        return True

    def _free(self, table: Iterator[None]) -> None:
        """Free some of a table; when nothing is left of it, it is the next one's turn."""
        until = time.monotonic() + STEP_S
        for _ in table:
            if time.monotonic() > until:
                return
        self._tables.popleft()

    def _step(self, connection: sqlite3.Connection, run: int) -> bool:
        """One step of a run; whether more is left."""
        size = self._steps.size
        batches = self._batches.get(run)
        if batches:
            delete_batches(connection, batches[-size:])
            del batches[-size:]
            return True
        if self._erase_notes(connection, run, size) or self._erase_rest(connection, run, size):
            return True
        connection.execute("DELETE FROM erasing WHERE run = ?", (run,))
        self._batches.pop(run, None)
        return False

    def _erase_notes(self, connection: sqlite3.Connection, run: int, size: int) -> bool:
        rows = connection.execute(
            "SELECT key, kind, gen, part, note FROM chunk WHERE run = ? LIMIT ?", (run, size)
        ).fetchall()
        if not rows:
            return False
        discard_bodies(connection, [note for *_, note in rows])
        connection.execute(
            "DELETE FROM chunk WHERE run = ? AND (key, kind, gen, part) <= (?, ?, ?, ?)",
            (run, *rows[-1][:4]),
        )
        return True

    def _erase_rest(self, connection: sqlite3.Connection, run: int, size: int) -> bool:
        """Some rows of a table that has any; whether one had."""
        for table, column in _TABLES:
            some = f"(SELECT {column} FROM {table} WHERE run = ?1 LIMIT ?2)"  # noqa: S608 - ours
            where = f"run = ?1 AND {column} IN {some}"
            if table == "lost":
                rows = connection.execute(
                    f"SELECT note FROM lost WHERE {where} AND note IS NOT NULL",  # noqa: S608
                    (run, size),
                ).fetchall()
                discard_bodies(connection, [note for (note,) in rows])
            statement = f"DELETE FROM {table} WHERE {where}"  # noqa: S608
            if connection.execute(statement, (run, size)).rowcount:
                return True
        return False


def _size_of(connection: sqlite3.Connection, batches: Sequence[int]) -> int:
    """How many bytes the bodies of batches have; none of them is read."""
    (size,) = connection.execute(
        "SELECT ifnull(sum(length(b.body)), 0) FROM json_each(?) q"
        " CROSS JOIN batch b ON b.id = q.value",
        (json.dumps(list(batches)),),
    ).fetchone()
    return size


def _dismantle(table: RunTable) -> Iterator[None]:
    """Free a table bit by bit: one bit each time it is asked."""
    with table.lock:
        table.gather()  # into keys that will not be there
    while table.keys:
        with table.lock:  # some reader may still go through the keys
            _, kept = table.keys.popitem()
        yield from _take_apart(kept)
        del kept
        yield


def _take_apart(kept: Kept) -> Iterator[None]:
    """Free the points of a series; those who read them have lists of their own."""
    for points in (kept.fresh, kept.frozen, kept.recent):
        while len(points) > _BIT:
            del points[-_BIT:]
            yield
    for things in (*kept.things.values(), *kept.frozen_things.values()):
        while len(things) > _BIT:
            del things[-_BIT:]
            yield
