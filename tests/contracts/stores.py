"""Metric stores by name, and writers that log into them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.contracts.remote_store import ServedStore

from wanllmdb import wire
from wanllmdb.wire import Batch, Kind
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.metrics.memory import MemoryMetricStore
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import MetricStore

STORES = ("memory", "sqlite", "sqlite, sealed after every batch", "sqlite, asked over the hop")

T0 = 1_700_000_000_000_000
RUN = 7


class EagerStore(SqliteMetricStore):
    """The embedded store with nothing in memory: a batch is a segment when it is acknowledged."""

    async def append(self, run: int, batch: Batch) -> Accepted:
        accepted = await super().append(run, batch)
        await self.seal(run)
        return accepted


def opened(name: str, directory: Path) -> MetricStore:
    match name:
        case "memory":
            return MemoryMetricStore()
        case "sqlite":
            return SqliteMetricStore.open(directory)
        case "sqlite, asked over the hop":
            return ServedStore(directory)
        case _:
            return EagerStore.open(directory)


Logged = tuple[int, dict[str, Any]]  # step, values


def pack(rows: Iterable[tuple[int, int, Any]], *, start: int = 0, writer: str = "w") -> Batch:
    """A batch of (position, kind, payload)."""
    records = [(position, kind, wire.encode(payload)) for position, kind, payload in rows]
    return wire.unpack(writer, wire.pack(start, records))


class Writer:
    """Logs rows into a run of a store, one position after another."""

    def __init__(self, store: MetricStore, run: int = RUN, name: str = "w") -> None:
        self.store = store
        self.run = run
        self.name = name
        self.position = 0

    def batch(self, rows: Sequence[Logged]) -> Batch:
        """The next batch, as it would be sent; every row is logged a millisecond after the last."""
        first = self.position + 1
        records = [
            (at, Kind.ROW, (step, T0 + at * 1000, values))
            for at, (step, values) in enumerate(rows, first)
        ]
        return pack(records, start=self.position, writer=self.name)

    async def log(self, *rows: Logged) -> Accepted:
        """Send the rows, and go on behind them."""
        batch = self.batch(rows)
        accepted = await self.store.append(self.run, batch)
        self.position = batch.end
        return accepted

    async def log_series(self, values: Iterable[Any], *, key: str = "loss", first: int = 0) -> None:
        """Send one key's values at consecutive steps, a hundred rows a batch."""
        rows = [(step, {key: value}) for step, value in enumerate(values, first)]
        for at in range(0, len(rows), 100):
            await self.log(*rows[at : at + 100])
