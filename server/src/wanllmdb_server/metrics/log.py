"""Log: batches become durable in the order in which they were handed in, many in one sync.

`append` hands a batch to a small pool that takes it apart, and to the queue of the one thread
that writes. That thread takes what waits (and, when callers come in numbers, waits a moment
for more), writes all bodies, positions and totals in one transaction, then shows the points in
the memtable, then tells the callers. What it said is durable: SQLite syncs before COMMIT returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from wanllmdb.wire import Batch, WireError
from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.metrics import columns, decoding
from wanllmdb_server.metrics.attempts import Attempts, Placing, write_succession
from wanllmdb_server.metrics.columns import Columns
from wanllmdb_server.metrics.counting import Room, Taken
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.memtable import Memtable, RunTable, Standing
from wanllmdb_server.metrics.replay import replay, table_of
from wanllmdb_server.metrics.statements import add_to_writers, erase_run, insert_batches
from wanllmdb_server.metrics.store import PositionGapError, StoreFullError
from wanllmdb_server.metrics.succession import Succession
from wanllmdb_server.metrics.turns import Answer, Append, Forget, LetGo, Other, Succeed, tell

GROUP: Final = 64  # batches in one transaction, at most
LINGER_S: Final = 0.005  # how long a group waits for more, when callers come in numbers
MAX_WAITING: Final = 256 * 1024 * 1024  # bytes of bodies in the queue
PATIENCE_S: Final = 5.0  # how long a caller is kept waiting before it is told to come again
_LOOK_S: Final = 0.02
_MAX_WRITERS: Final = 100_000  # positions in memory
_DECODERS: Final = 2

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _New:
    """A batch that the transaction at hand makes durable, without what was known already."""

    item: Append
    columns: Columns
    number: int
    low: int
    table: RunTable
    taken: Taken
    standing: Standing | None

    @property
    def attempt(self) -> int:
        return self.standing.attempt if self.standing else 0


class BatchLog:
    """Takes batches in, and shows their points in the memtable once they are durable.

    The points that the log holds already are shown first.

    Args:
        database: the file; its `log` connection is this thread's own.
        memtable: this thread adds to it.
        attempts: this thread changes them.
        clock: seconds, from anywhere, that never go back.
        grown: called with each table that got points, and the bytes written for them.
    """

    def __init__(
        self,
        database: Database,
        memtable: Memtable,
        attempts: Attempts,
        *,
        clock: Callable[[], float],
        grown: Callable[[RunTable, int], None],
    ) -> None:
        self.crowded = False  # more points in memory than there should be
        self._database = database
        self._memtable = memtable
        self._attempts = attempts
        self._clock = clock
        self._grown = grown
        self._number = replay(database, memtable, attempts, clock())
        self._positions: dict[tuple[int, str], int] = {}
        self._queue: queue.SimpleQueue[Append | Other | None] = queue.SimpleQueue()
        self._waiting = 0
        self._waiting_lock = threading.Lock()
        self._busy = False
        self._decoders = ThreadPoolExecutor(_DECODERS, "metric-decode")
        self._thread = threading.Thread(target=self._work, name="metric-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    async def append(self, run: int, batch: Batch) -> Accepted:
        """See `MetricStore.append`."""
        await self._room()
        self._wait(len(batch.body))
        try:
            answer = asyncio.get_running_loop().create_future()
            taken = self._decoders.submit(decoding.take_apart, batch)
            self._queue.put(Append(answer, run, batch, taken))
            return await answer
        finally:
            self._wait(-len(batch.body))

    async def _room(self) -> None:
        """Return when there is room for more; who produces faster than we can is slowed down."""
        until = time.monotonic() + PATIENCE_S
        while self.crowded or self._waiting > MAX_WAITING:
            if time.monotonic() > until:
                raise StoreFullError("The metric store has more to write than it can.", 1.0)
            await asyncio.sleep(_LOOK_S)  # two numbers are looked at; no event crosses threads

    async def forget(self, run: int) -> None:
        """See `MetricStore.forget`; in its turn among the batches."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put(Forget(answer, run))
        await answer

    async def succeed(
        self, run: int, change: Callable[[Succession | None, list[str]], Succession | None]
    ) -> None:
        """Make the succession of a run what `change` makes of it; in its turn too.

        `change` is given the succession and the writers that logged into the run so far; what
        it returns is durable when this does.
        """
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put(Succeed(answer, run, change))
        await answer

    def let_go(self, run: int) -> None:
        """Take a run out of memory, in its turn, if all its points are sealed by then."""
        self._queue.put(LetGo(run))

    def close(self) -> None:
        """Write what waits, and stop."""
        self._queue.put(None)
        self._thread.join()
        self._decoders.shutdown()

    def _wait(self, size: int) -> None:
        with self._waiting_lock:
            self._waiting += size

    def _work(self) -> None:
        going = True
        while going:
            items = self._gather()
            going = items[-1] is not None
            appends: list[Append] = []
            for item in items:
                if isinstance(item, Append):
                    appends.append(item)
                    continue
                tell(self._commit(appends))
                appends = []
                if isinstance(item, Forget):
                    tell([(item.answer, self._forget(item.run))])
                elif isinstance(item, Succeed):
                    tell([(item.answer, self._succeed(item))])
                elif isinstance(item, LetGo):
                    self._drop(item.run)
            tell(self._commit(appends))

    def _gather(self) -> list[Append | Other | None]:
        """What waits, at least one; where there were many at last, a moment's more."""
        items = [self._queue.get()]
        until = time.monotonic() + (LINGER_S if self._busy else 0.0)
        with contextlib.suppress(queue.Empty):
            while len(items) < GROUP and items[-1] is not None:
                items.append(self._queue.get(timeout=max(until - time.monotonic(), 0.0)))
        self._busy = len(items) > 1
        return items

    def _commit(self, items: list[Append]) -> list[Answer]:
        """One transaction for many batches; answers in their order."""
        if not items:
            return []
        try:
            return self._commit_all(items)
        except StoreFullError as error:
            _logger.warning("metrics: %s", error)
            return [(item.answer, StoreFullError(str(error))) for item in items]
        except Exception as error:
            _logger.exception("metrics: a group of batches could not be written")
            return [(item.answer, error) for item in items]

    def _commit_all(self, items: list[Append]) -> list[Answer]:
        answers: list[Answer] = []
        fresh: list[_New] = []
        more: dict[tuple[int, str], WriterTotals] = {}
        room = Room()
        placing = self._attempts.placing()
        for item in items:
            writer = (item.run, item.batch.writer)
            mine = more.get(writer)
            low = self._position(writer) if mine is None else mine.position
            found = self._check(item, low)
            if isinstance(found, Columns):
                standing = placing.standing(item.run, item.batch.writer, found)
                new = self._new(item, found, low, room, standing)
                fresh.append(new)
                more[writer] = new.taken.on_top_of(mine, item.batch.end)
            else:
                answers.append((item.answer, found))
        if fresh:
            self._write(fresh, more, placing)
        for new in fresh:
            rejected = new.table.add(new.columns, new.number, self._clock(), new.standing)
            rejected = new.columns.rejected + rejected
            accepted = Accepted(new.item.batch.end, new.taken.rows, rejected)
            answers.append((new.item.answer, accepted))
            self._grown(new.table, len(new.item.batch.body))
        return answers

    def _new(
        self, item: Append, found: Columns, low: int, room: Room, standing: Standing | None
    ) -> _New:
        table = table_of(self._database, self._memtable, item.run)
        taken = room.count(item.run, table.keys, found)
        self._number += 1
        return _New(item, found, self._number, low, table, taken, standing)

    def _check(self, item: Append, low: int) -> Columns | Accepted | Exception:
        """What is new of a batch to a store that knows its writer up to `low`."""
        try:
            found = item.columns.result()
        except WireError as error:
            return error
        if item.batch.start > low:
            return PositionGapError(low)
        if item.batch.end <= low:
            return Accepted(low, 0)
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
                    if new.columns.numbers or new.columns.objects
                ],
            )
            add_to_writers(connection, more)
            placing.write(connection)
        placing.settle()
        if len(self._positions) > _MAX_WRITERS:
            self._positions.clear()
        self._positions.update((writer, each.position) for writer, each in more.items())

    def _position(self, writer: tuple[int, str]) -> int:
        known = self._positions.get(writer)
        if known is None:
            row = self._database.log.execute(
                "SELECT position FROM writer WHERE run = ? AND name = ?", writer
            ).fetchone()
            known = self._positions[writer] = row[0] if row else 0
        return known

    def _forget(self, run: int) -> Exception | None:
        connection = self._database.log
        table = self._memtable.get(run)
        try:
            with self._database.transaction(connection):
                erase_run(connection, run)
                with self._database.swap:
                    connection.execute("COMMIT")
                    self._memtable.drop(run)
                    self._attempts.forget(run)
                    if table is not None:
                        table.gone = True
        except (StoreFullError, sqlite3.Error) as error:
            return error
        self._positions = {key: at for key, at in self._positions.items() if key[0] != run}
        return None

    def _succeed(self, item: Succeed) -> Exception | None:
        connection = self._database.log
        table_of(self._database, self._memtable, item.run).touched = self._clock()
        known = self._attempts.get(item.run)
        writers = connection.execute("SELECT name FROM writer WHERE run = ?", (item.run,))
        found = item.change(known, [name for (name,) in writers])
        if found is None or found == known:
            return None
        try:
            with self._database.transaction(connection):
                write_succession(connection, item.run, found, known)
                with self._database.swap:
                    connection.execute("COMMIT")
                    self._attempts.put(item.run, found)
        except (StoreFullError, sqlite3.Error) as error:
            return error
        return None

    def _drop(self, run: int) -> None:
        table = self._memtable.get(run)
        if table is not None and not table.pending + table.frozen:
            self._memtable.drop(run)
