"""Committing: batches become durable, many in one transaction; then their points are shown.

What of a batch is new is what stands behind the position up to which its writer is known. All
that depends on it (bodies, positions, totals, attempts) is written in one transaction; only what
is durable is put into the memtable.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from wanllmdb.wire import WireError
from wanllmdb_server.crash_points import crash_point
from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.metrics import columns
from wanllmdb_server.metrics.attempts import Attempts, Placing
from wanllmdb_server.metrics.chunk import DamagedError
from wanllmdb_server.metrics.columns import Columns, Rejection
from wanllmdb_server.metrics.counting import Room, Taken
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.erasing import Erasing
from wanllmdb_server.metrics.handful import Handful
from wanllmdb_server.metrics.memtable import Memtable, RunTable, Standing
from wanllmdb_server.metrics.quarantine import Quarantine
from wanllmdb_server.metrics.replay import table_of
from wanllmdb_server.metrics.statements import (
    fetch_totals,
    fetch_writers,
    insert_batches,
    put_writers,
)
from wanllmdb_server.metrics.store import DamagedStoreError, PositionGapError, StoreFullError
from wanllmdb_server.metrics.turns import Answer, Append

_MAX_WRITERS: Final = 100_000  # totals in memory
_NOTHING: Final = WriterTotals(0, 0, 0, 0)

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _New:
    """A batch that the transaction at hand makes durable, without what was known already."""

    item: Append
    holds: Columns | Handful
    number: int
    low: int
    table: RunTable
    taken: Taken
    standing: Standing | None

    @property
    def attempt(self) -> int:
        return self.standing.attempt if self.standing else 0

    @property
    def has_points(self) -> bool:
        holds = self.holds
        return isinstance(holds, Handful) or bool(holds.numbers or holds.objects)


class Committing:
    """What the log's thread does to batches.

    Args:
        database: the file; its `log` connection is this thread's own.
        memtable: this thread adds to it.
        attempts: this thread changes them.
        erasing: the runs that take nothing any more.
        quarantine: makes sure of what a table is made from.
        number: of the last batch in the log.
        clock: seconds, from anywhere, that never go back.
        shown: called with each table that got points, and how many.
    """

    def __init__(
        self,
        database: Database,
        memtable: Memtable,
        attempts: Attempts,
        erasing: Erasing,
        quarantine: Quarantine,
        *,
        number: int,
        clock: Callable[[], float],
        shown: Callable[[RunTable, int], None],
    ) -> None:
        self._database = database
        self._memtable = memtable
        self._attempts = attempts
        self._erasing = erasing
        self._quarantine = quarantine
        self._number = number
        self._clock = clock
        self._shown = shown
        self._totals: dict[tuple[int, str], WriterTotals] = {}
        self._sound: set[int] = set()  # runs whose writers are all as they were written

    def commit(self, items: list[Append]) -> list[Answer]:
        """One transaction for many batches; answers in their order."""
        if not items:
            return []
        try:
            return self._all(items)
        except StoreFullError as error:
            _logger.warning("metrics: %s", error)
            return [(item.answer, StoreFullError(str(error))) for item in items]
        except Exception as error:
            if len(items) > 1:  # lest what is damaged of one run keeps the others out
                return [answer for item in items for answer in self.commit([item])]
            _logger.exception("metrics: a batch of run %d could not be written", items[0].run)
            return [(item.answer, _told(error)) for item in items]

    def _all(self, items: list[Append]) -> list[Answer]:
        answers: list[Answer] = []
        fresh: list[_New] = []
        more: dict[tuple[int, str], WriterTotals] = {}
        room = Room()
        placing = self._attempts.placing()
        for item in items:
            if item.run in self._erasing.runs:
                answers.append((item.answer, StoreFullError("The run is being deleted.", 1.0)))
                continue
            writer = (item.run, item.batch.writer)
            try:
                known = more.get(writer) or self._known(writer)
            except DamagedError as error:
                answers.append((item.answer, _told(error)))
                continue
            found = self._check(item, known.position)
            if isinstance(found, (Columns, Handful)):
                new = self._new(item, found, known.position, room, placing)
                fresh.append(new)
                more[writer] = new.taken.on_top_of(known, item.batch.end)
            else:
                answers.append((item.answer, found))
        if fresh:
            self._write(fresh, more, placing)
            now = self._clock()
            answers += [(new.item.answer, self._show(new, now)) for new in fresh]
        return answers

    def _new(
        self, item: Append, found: Columns | Handful, low: int, room: Room, placing: Placing
    ) -> _New:
        run = item.run
        table = self.table(run)
        self._number += 1
        if isinstance(found, Handful):
            if self._attempts.get(run) is None and table.knows(found.keys):
                taken = Taken(len(found.rows), len(found.rows) * len(found.keys), 0)
                return _New(item, found, self._number, low, table, taken, None)
            found = found.columns()
        standing = placing.standing(run, item.batch.writer, found)
        taken = room.count(run, table.keys, found)
        return _New(item, found, self._number, low, table, taken, standing)

    def _show(self, new: _New, now: float) -> Accepted:
        """Put what is durable now into the memtable."""
        end = new.item.batch.end
        if isinstance(new.holds, Handful):
            new.table.add_rows(new.holds, new.number, now)
            rejected: list[Rejection] = []
        else:
            rejected = new.holds.rejected
            rejected = rejected + new.table.add(new.holds, new.number, now, new.standing)
        self._shown(new.table, new.taken.points)
        return Accepted(end, new.taken.rows, rejected)

    def _check(self, item: Append, low: int) -> Columns | Handful | Accepted | Exception:
        """What is new of a batch to a store that knows its writer up to `low`."""
        found = item.holds
        if isinstance(found, Future):
            try:
                found = found.result()
            except WireError as error:
                return error
        if item.batch.start > low:
            return PositionGapError(low)
        if item.batch.end <= low:
            return Accepted(low, 0)
        if isinstance(found, Handful):
            if found.positions[0] > low:
                return found
            found = found.columns()
        return columns.after(found, low)

    def _write(
        self, fresh: list[_New], more: dict[tuple[int, str], WriterTotals], placing: Placing
    ) -> None:
        connection = self._database.log
        with self._database.transaction(connection):
            insert_batches(
                connection,
                [
                    (new.number, new.item.run, new.attempt, new.low, new.item.batch)
                    for new in fresh
                    if new.has_points
                ],
            )
            put_writers(connection, more)
            placing.write(connection)
            crash_point("commit.written")
        crash_point("commit.durable")
        placing.settle()
        if len(self._totals) > _MAX_WRITERS:
            self._totals.clear()
        self._totals.update(more)

    def _known(self, writer: tuple[int, str]) -> WriterTotals:
        """What was taken of a writer so far.

        Raises:
            DamagedError: what is known is not what was written.
        """
        known = self._totals.get(writer)
        if known is None:
            known = fetch_totals(self._database.log, *writer)
            if known is None and writer[0] not in self._sound:
                fetch_writers(self._database.log, writer[0])  # a name that is damaged is another
                self._sound.add(writer[0])
            known = self._totals[writer] = known or _NOTHING
        return known

    def forget(self, run: int) -> None:
        """The run is not in the file any more."""
        self._totals = {key: each for key, each in self._totals.items() if key[0] != run}

    def table(self, run: int) -> RunTable:
        """The table of a run; what it is made from is made sure of."""
        table = self._memtable.get(run)
        if table is not None:
            return table
        self._quarantine.make_sure([run])
        return table_of(self._database, self._memtable, run)


def _told(error: Exception) -> Exception:
    """The error as whoever asked is told."""
    if isinstance(error, (DamagedError, sqlite3.DatabaseError)):
        return DamagedStoreError(f"The metric store is damaged: {error}")
    return error
