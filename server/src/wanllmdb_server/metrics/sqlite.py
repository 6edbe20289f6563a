"""SqliteMetricStore: the embedded store. One file, one writing thread, one sealing thread.

::

    append -> log (durable) -> memtable -> sealer -> segments of chunks and pyramids
                                  |                        |
    curves, points, keys <--------+------------------------+      tail <- memtable

Numbers are float64; of integers beyond 2^53 the exact value is kept for `points` too. Booleans
are 0 and 1. A key that was logged as numbers and as other things is a series of numbers; its
objects are found among its `points`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from wanllmdb.wire import Batch
from wanllmdb_server.domain.damage import Damage
from wanllmdb_server.domain.receipt import Count, WriterTotals
from wanllmdb_server.domain.retention import Part, Weight
from wanllmdb_server.domain.series import (
    Accepted,
    Chart,
    Curve,
    KeyStats,
    Overview,
    Points,
    Scan,
    Series,
    Superseded,
    Tail,
    Window,
)
from wanllmdb_server.metrics.answering import Answering
from wanllmdb_server.metrics.attempts import Attempts
from wanllmdb_server.metrics.census import Census
from wanllmdb_server.metrics.chunk import EMPTY
from wanllmdb_server.metrics.database import Database
from wanllmdb_server.metrics.erasing import Erasing
from wanllmdb_server.metrics.log import BatchLog
from wanllmdb_server.metrics.memtable import Memtable, RunTable
from wanllmdb_server.metrics.pressure import Pressure
from wanllmdb_server.metrics.quarantine import Quarantine
from wanllmdb_server.metrics.reader import THREADS, Reader
from wanllmdb_server.metrics.sealer import Pace, Sealer
from wanllmdb_server.metrics.store import Reply
from wanllmdb_server.metrics.succession import begun, joined, with_copy

T = TypeVar("T")


def _clock() -> int:
    return time.monotonic_ns() // 1000


def _now_us() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class StoreStats:
    """How the store is doing; cheap to ask.

    Attributes:
        pending: points that are not in chunks yet, about.
        wal_bytes: size of SQLite's write-ahead log.
        sealed: how often a run was sealed since the start.
        live_runs: runs in memory.
    """

    pending: int
    wal_bytes: int
    sealed: int
    live_runs: int


class SqliteMetricStore:
    """A `MetricStore` in a directory. `open` it; one process at a time."""

    def __init__(self, database: Database, *, clock: Callable[[], float], pace: Pace) -> None:
        self._database = database
        self._memtable = Memtable()
        self._attempts = Attempts(database.log)
        erasing = self._erasing = Erasing(database)
        self._quarantine = Quarantine(database, self._attempts, erasing, _now_us)
        pressure = Pressure(pace.pending, pace.queue, pace.hold)
        self._log = BatchLog(
            database,
            self._memtable,
            self._attempts,
            erasing,
            self._quarantine,
            pressure,
            clock=clock,
            grown=self._grown,
        )
        self._sealer = Sealer(
            database,
            self._memtable,
            self._attempts,
            erasing,
            self._quarantine,
            clock=clock,
            pace=pace,
            counted=pressure.counted,
            idle=self._log.let_go,
        )
        reader = Reader(database, self._memtable, self._attempts)
        self._reader = Answering(reader, self._quarantine, erasing)
        self._readers = ThreadPoolExecutor(THREADS, "metric-read")
        self._census = Census(database)
        self._counting = ThreadPoolExecutor(1, "metric-count")  # so that no curve waits for it
        self._log.start()
        self._sealer.start()

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        clock: Callable[[], int] = _clock,
        pace: Pace | None = None,
        max_bytes: int | None = None,
    ) -> SqliteMetricStore:
        """The store in a directory, which is made if it is not there.

        What was acknowledged and not yet sealed is read back from the log first.

        Args:
            directory: of this store alone.
            clock: microseconds, from anywhere.
            pace: when points are sealed.
            max_bytes: the file grows no larger; beyond, `append` raises StoreFullError.
        """
        pace = pace or Pace()
        database = Database(directory, max_bytes=max_bytes, checkpoint=pace.checkpoint)
        return cls(database, clock=lambda: clock() / 1_000_000, pace=pace)

    async def append(self, run: int, batch: Batch) -> Accepted:
        """See `MetricStore`."""
        return await self._log.append(run, batch)

    def offer(self, run: int, batch: Batch, reply: Reply) -> bool:
        """See `MetricStore`."""
        return self._log.offer(run, batch, reply)

    async def begin_attempt(
        self, run: int, writer: str, *, at: int, since: int, after: int | None = None
    ) -> None:
        """See `MetricStore`."""
        begin = partial(begun, writer=writer, at=at, since=since, after=after)
        await self._log.succeed(run, begin)

    async def join_attempt(self, run: int, writer: str, *, at: int) -> None:
        """See `MetricStore`."""
        if self._attempts.get(run) is not None:
            await self._log.succeed(run, partial(joined, writer=writer, at=at))

    async def copy(self, source: int, target: int, until: int) -> None:
        """See `MetricStore`."""
        await self._log.succeed(target, partial(with_copy, source=source))
        succession = self._attempts.get(target)
        for attempt in succession.attempts if succession else ():
            if attempt.copied is not None:
                copied = self._sealer.copy(attempt.copied, target, attempt.number, until)
                await asyncio.wrap_future(copied)

    async def positions(self, run: int, writers: Sequence[str] | None = None) -> Mapping[str, int]:
        """See `MetricStore`."""
        return await self._read(self._reader.positions, run, writers)

    async def writers(self, run: int) -> Mapping[str, WriterTotals]:
        """See `MetricStore`."""
        return await self._read(self._reader.writers, run)

    async def count(self, run: int) -> Count:
        """See `MetricStore`."""
        if run in self._erasing.runs:
            return Count(0, (), {})
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._counting, self._census.count, run)

    async def curves(self, series: Sequence[Series], window: Window, buckets: int) -> list[Curve]:
        """See `MetricStore`."""
        [curves] = await self.charts([Chart(series, window, buckets)])
        return curves

    async def charts(self, charts: Sequence[Chart]) -> list[list[Curve]]:
        """See `MetricStore`."""
        return await self._read(self._reader.charts, charts)

    async def points(
        self,
        series: Series,
        window: Window,
        *,
        limit: int,
        cursor: str | None = None,
        superseded: Superseded = "hide",
    ) -> Points:
        """See `MetricStore`."""
        return await self._read(self._reader.points, series, window, limit, cursor, superseded)

    async def scan(
        self, series: Sequence[Series], window: Window, superseded: Superseded = "hide"
    ) -> list[Scan]:
        """See `MetricStore`."""
        return await self._read(self._reader.scan, series, window, superseded)

    async def tail(self, series: Sequence[Series], after: Sequence[int]) -> list[Tail]:
        """See `MetricStore`."""
        tails: list[Tail] = []
        for each, count in zip(series, after, strict=True):
            table = self._memtable.get(each.run)
            start, found = table.tail(each.key, count) if table else (count, EMPTY)
            tails.append(Tail(each, start, found.step, found.time, found.value))
        return tails

    async def keys(
        self, runs: Sequence[int], keys: Sequence[str] | None = None
    ) -> dict[int, list[KeyStats]]:
        """See `MetricStore`."""
        return await self._read(self._reader.keys, runs, keys)

    async def overview(self, runs: Sequence[int], keys: Sequence[str] | None = None) -> Overview:
        """See `MetricStore`."""
        return await self._read(self._reader.overview, runs, keys)

    async def seal(self, run: int) -> None:
        """See `MetricStore`."""
        await asyncio.wrap_future(self._sealer.seal(run))

    async def weigh(self, runs: Sequence[int]) -> Mapping[int, Mapping[Part, Weight]]:
        """See `MetricStore`."""
        return await self._read(self._reader.weigh, runs)

    async def release(self, run: int, parts: Sequence[Part]) -> Weight:
        """See `MetricStore`."""
        if run in self._erasing.runs:
            return Weight()
        return await asyncio.wrap_future(self._sealer.release(run, parts))

    async def damage(self, runs: Iterable[int]) -> Mapping[int, Sequence[Damage]]:
        """See `MetricStore`."""
        return self._quarantine.damage(runs)

    async def forget(self, run: int) -> None:
        """See `MetricStore`."""
        await self._log.forget(run)

    async def close(self) -> None:
        """See `MetricStore`."""
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def stats(self) -> StoreStats:
        """Gauges for /readyz and /metrics."""
        return StoreStats(
            pending=self._sealer.pending,
            wal_bytes=self._database.wal_bytes(),
            sealed=self._sealer.sealed,
            live_runs=len(self._memtable.all()),
        )

    def _close(self) -> None:
        self._log.close()
        self._sealer.close()
        self._readers.shutdown()
        self._counting.shutdown()
        self._database.close()

    async def _read(self, method: Callable[..., T], *args: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, method, *args)

    def _grown(self, table: RunTable) -> None:
        self._sealer.grown(table)
