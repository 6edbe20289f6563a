"""Replay: the log read again, so that the memtable is what it was before the last end."""

from __future__ import annotations

import logging
from typing import Final

from wanllmdb.wire import Batch, Kind, WireError
from wanllmdb_server.metrics import checks, columns, decoding
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.columns import Columns
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.handful import Handful
from wanllmdb_server.metrics.memtable import Memtable, RunTable
from wanllmdb_server.metrics.statements import fetch_table

BATCH: Final = 'id, run, attempt, low, first, last, records, body, "check"'

_logger = logging.getLogger(__name__)


def replay(
    database: Database,
    memtable: Memtable,
    attempts: Attempts,
    now: float,
    erased: frozenset[int] = frozenset(),
) -> int:
    """Show all points of the log in the memtable; returns the number of the last batch.

    A batch that cannot be read back is set apart for people, and the rest is shown. Of runs
    that are being `erased` nothing is.
    """
    last = 0
    damaged: list[int] = []
    batches = f"SELECT {BATCH} FROM batch ORDER BY id"  # noqa: S608
    for row in database.log.execute(batches):
        last, run, attempt, *_ = row
        number = last
        if run in erased:
            continue
        table = table_of(database, memtable, run)
        try:
            batch, low = _checked(*row)
            standing = attempts.standing(run, attempt)
            if standing is None and _add_few(table, number, batch, low, now):
                continue
            table.add(columns.after(decoding.take_apart(batch), low), number, now, standing)
        except WireError:
            _logger.exception("metrics: batch %d of run %d is damaged; set apart", number, run)
            damaged.append(number)
    for number in damaged:
        with database.transaction(database.log):
            database.log.execute(
                "INSERT OR REPLACE INTO"
                ' damaged(id, run, low, first, last, records, body, attempt, "check")'
                ' SELECT id, run, low, first, last, records, body, attempt, "check"'
                " FROM batch WHERE id = ?",
                (number,),
            )
            database.log.execute("DELETE FROM batch WHERE id = ?", (number,))
    return last


def read_back(
    number: int,
    run: int,
    attempt: int,
    low: int,
    start: int,
    end: int,
    records: int,
    body: bytes,
    check: int,
) -> Columns:
    """What a batch of the log (the columns `BATCH`) brought that was new then.

    Raises:
        WireError: it is not what was written.
    """
    found, low = _checked(number, run, attempt, low, start, end, records, body, check)
    return columns.after(decoding.take_apart(found), low)


def _checked(
    number: int,
    run: int,
    attempt: int,
    low: int,
    start: int,
    end: int,
    records: int,
    body: bytes,
    check: int,
) -> tuple[Batch, int]:
    """A batch of the log, and the position up to which it was known."""
    if check != checks.of_batch(number, run, attempt, (low, start, end), records, body):
        raise WireError("damaged", "The batch is not what was written.")
    return Batch("", start, end, records, 1 << Kind.ROW, body), low


def _add_few(table: RunTable, number: int, batch: Batch, low: int, now: float) -> bool:
    """Show a batch that is a handful of rows of known keys; whether it was one."""
    found = decoding.at_once(batch)
    if not isinstance(found, Handful) or found.positions[0] <= low or not table.knows(found.keys):
        return False
    table.add_rows(found, number, now)
    return True


def table_of(database: Database, memtable: Memtable, run: int) -> RunTable:
    """The table of a run, loaded if it is not in memory; for the log's thread only."""
    table = memtable.get(run)
    if table is None:
        table = fetch_table(database.log, run)
        memtable.put(table)
    return table
