"""Log: batches become durable in the order in which they were handed in, many in one sync.

`append` hands a batch to a small pool that takes it apart (a small one it takes apart itself),
and to the queue of the one thread that writes. That thread takes what waits (and, when callers
come in numbers, waits a moment for more), writes all bodies, positions and totals in one
transaction, then shows the points in the memtable, then tells the callers. What it said is
durable: SQLite syncs before COMMIT returns.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from wanllmdb.wire import Batch
from wanllmdb_server.crash_points import crash_point
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.metrics import decoding
from wanllmdb_server.metrics.attempts import Attempts, write_succession
from wanllmdb_server.metrics.committing import Committing
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.erasing import Erasing
from wanllmdb_server.metrics.memtable import Memtable, RunTable
from wanllmdb_server.metrics.pressure import Pressure
from wanllmdb_server.metrics.quarantine import Quarantine
from wanllmdb_server.metrics.replay import replay
from wanllmdb_server.metrics.store import (
    Reply,
    StoreFullError,
)
from wanllmdb_server.metrics.succession import Succession
from wanllmdb_server.metrics.turns import Append, Forget, LetGo, Other, Succeed, tell

GROUP: Final = 512  # batches in one transaction, at most
GROUP_BYTES: Final = 1024 * 1024  # of bodies, about
LINGER_S: Final = 0.005  # how long a group waits for more, when callers come in numbers
PAUSE_S: Final = 0.001  # and no longer than this after the last one came
_DECODERS: Final = 2

_logger = logging.getLogger(__name__)


class BatchLog:
    """Takes batches in, and shows their points in the memtable once they are durable.

    The points that the log holds already are shown first.

    Args:
        database: the file; its `log` connection is this thread's own.
        memtable: this thread adds to it.
        attempts: this thread changes them.
        erasing: this thread begins it.
        quarantine: makes sure of what is read back.
        pressure: slows callers down.
        clock: seconds, from anywhere, that never go back.
        grown: called with each table that got points.
    """

    def __init__(
        self,
        database: Database,
        memtable: Memtable,
        attempts: Attempts,
        erasing: Erasing,
        quarantine: Quarantine,
        pressure: Pressure,
        *,
        clock: Callable[[], float],
        grown: Callable[[RunTable], None],
    ) -> None:
        self._database = database
        self._memtable = memtable
        self._attempts = attempts
        self._clock = clock
        self._grown = grown
        self._erasing = erasing
        self._quarantine = quarantine
        self._pressure = pressure
        pending = database.log.execute("SELECT DISTINCT run FROM batch").fetchall()
        quarantine.make_sure([run for (run,) in pending])
        number = replay(database, memtable, attempts, clock(), erasing.runs)
        quarantine.learn()
        of = (database, memtable, attempts, erasing, quarantine)
        self._committing = Committing(*of, number=number, clock=clock, shown=self._shown)
        self._queue: queue.SimpleQueue[Append | Other | None] = queue.SimpleQueue()
        self._busy = False
        self._decoders = ThreadPoolExecutor(_DECODERS, "metric-decode")
        self._thread = threading.Thread(target=self._work, name="metric-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    async def append(self, run: int, batch: Batch) -> Accepted:
        """See `MetricStore.append`."""
        await self._pressure.room(len(batch.body))
        answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._take(run, batch, answer)
        return await answer

    def offer(self, run: int, batch: Batch, reply: Reply) -> bool:
        """See `MetricStore.offer`."""
        if self._pressure.full:
            return False
        delay = self._pressure.delay()
        if delay:
            reply.get_loop().call_later(delay, self._take, run, batch, reply)
        else:
            self._take(run, batch, reply)
        return True

    def _take(self, run: int, batch: Batch, reply: Reply) -> None:
        holds = decoding.at_once(batch)
        self._pressure.came(len(batch.body))
        taken = self._decoders.submit(decoding.take_apart, batch) if holds is None else holds
        self._queue.put(Append(reply, run, batch, taken))

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
                self._commit(appends)
                appends = []
                if isinstance(item, Forget):
                    tell([(item.answer, self._forget(item.run))])
                elif isinstance(item, Succeed):
                    tell([(item.answer, self._succeed(item))])
                elif isinstance(item, LetGo):
                    self._drop(item.run)
            self._commit(appends)

    def _gather(self) -> list[Append | Other | None]:
        """What waits, at least one; where there were many at last, a moment's more.

        Nobody is waited for one by one: whoever is woken for each batch is woken too often.
        """
        items = [self._queue.get()]
        room = self._drain(items, GROUP_BYTES - _size(items[0]))
        until = time.monotonic() + (LINGER_S if self._busy else 0.0)
        while room > 0 and time.monotonic() < until:
            time.sleep(PAUSE_S)
            before = len(items)
            room = self._drain(items, room)
            if len(items) == before:
                break
        self._busy = len(items) > 1
        return items

    def _drain(self, items: list[Append | Other | None], room: int) -> int:
        """Add what waits to the items; the bytes for which there is room behind them, or 0."""
        get = self._queue.get_nowait
        while items[-1] is not None and len(items) < GROUP and room > 0:
            try:
                item = get()
            except queue.Empty:
                return room
            items.append(item)
            room -= _size(item)
        return 0

    def _commit(self, items: list[Append]) -> None:
        """Make batches durable, and tell their callers."""
        if items:
            tell(self._committing.commit(items))
            self._pressure.went(sum(len(item.batch.body) for item in items))

    def _shown(self, table: RunTable, points: int) -> None:
        self._pressure.logged(points)
        self._grown(table)

    def _forget(self, run: int) -> Exception | None:
        connection = self._database.log
        table = self._memtable.get(run)
        try:
            with self._database.transaction(connection):
                batches = table.batches if table else []
                later = self._erasing.begin(run, batches)
                crash_point("forget.written")
                with self._database.swap:
                    connection.execute("COMMIT")
                    crash_point("forget.durable")
                    self._memtable.drop(run)
                    self._attempts.forget(run)
                    if later:
                        self._erasing.hide(run, batches)
                    if table is not None:
                        table.gone = True
        except (StoreFullError, sqlite3.Error) as error:
            return error
        if table is not None:
            self._erasing.discard(table)
        self._committing.forget(run)
        self._quarantine.forget(run)
        return None

    def _succeed(self, item: Succeed) -> Exception | None:
        connection = self._database.log
        if item.run in self._erasing.runs:
            return StoreFullError("The run is being deleted.", 1.0)
        self._committing.table(item.run).touched = self._clock()
        known = self._attempts.get(item.run)
        writers = connection.execute("SELECT name FROM writer WHERE run = ?", (item.run,))
        found = item.change(known, [name for (name,) in writers])
        if found is None or found == known:
            return None
        try:
            with self._database.transaction(connection):
                write_succession(connection, item.run, found, known)
                crash_point("attempt.written")
                with self._database.swap:
                    connection.execute("COMMIT")
                    crash_point("attempt.durable")
                    self._attempts.put(item.run, found)
        except (StoreFullError, sqlite3.Error) as error:
            return error
        return None

    def _drop(self, run: int) -> None:
        table = self._memtable.get(run)
        if table is not None and not table.pending + table.frozen:
            self._memtable.drop(run)


def _size(item: Append | Other | None) -> int:
    return len(item.batch.body) if isinstance(item, Append) else 0
