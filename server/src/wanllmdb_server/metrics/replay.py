"""Replay: the log read again, so that the memtable is what it was before the last end."""

from __future__ import annotations

import logging

from wanllmdb.wire import Batch, Kind, WireError
from wanllmdb_server.metrics import columns, decoding
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.columns import Columns
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.memtable import Memtable, RunTable
from wanllmdb_server.metrics.statements import fetch_table

_logger = logging.getLogger(__name__)


def replay(database: Database, memtable: Memtable, attempts: Attempts, now: float) -> int:
    """Show all points of the log in the memtable; returns the number of the last batch.

    A batch that cannot be read back is set apart for people, and the rest is shown.
    """
    last = 0
    damaged: list[int] = []
    for number, run, attempt, low, start, end, records, body in database.log.execute(
        "SELECT id, run, attempt, low, first, last, records, body FROM batch ORDER BY id"
    ):
        last = number
        try:
            found = read_back(low, start, end, records, body)
        except WireError:
            _logger.exception("metrics: batch %d of run %d is damaged; set apart", number, run)
            damaged.append(number)
            continue
        standing = attempts.standing(run, attempt)
        table_of(database, memtable, run).add(found, number, now, standing)
    for number in damaged:
        with database.transaction(database.log):
            database.log.execute(
                "INSERT OR REPLACE INTO"
                " damaged(id, run, low, first, last, records, body, attempt)"
                " SELECT id, run, low, first, last, records, body, attempt"
                " FROM batch WHERE id = ?",
                (number,),
            )
            database.log.execute("DELETE FROM batch WHERE id = ?", (number,))
    return last


def read_back(low: int, start: int, end: int, records: int, body: bytes) -> Columns:
    """What a batch of the log brought that was new then; raises WireError if it is damaged."""
    batch = Batch("", start, end, records, 1 << Kind.ROW, body)
    return columns.after(decoding.take_apart(batch), low)


def table_of(database: Database, memtable: Memtable, run: int) -> RunTable:
    """The table of a run, loaded if it is not in memory; for the log's thread only."""
    table = memtable.get(run)
    if table is None:
        table = fetch_table(database.log, run)
        memtable.put(table)
    return table
