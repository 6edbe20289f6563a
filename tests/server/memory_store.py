"""A MetricStore in memory: rows in a list. As much of the contract as runs and files need."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from wanllmdb import wire
from wanllmdb.wire import Batch, Row
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
from wanllmdb_server.metrics import overview
from wanllmdb_server.metrics.store import PositionGapError, Reply


class MemoryStore:
    """Keeps every row, and looks through all of them for every question."""

    def __init__(self) -> None:
        self.rows: defaultdict[int, list[Row]] = defaultdict(list)
        self._writers: defaultdict[int, dict[str, WriterTotals]] = defaultdict(dict)
        self.told: list[tuple[object, ...]] = []  # of attempts, in order
        self.copied: set[int] = set()

    async def append(self, run: int, batch: Batch) -> Accepted:
        before = self._writers[run].get(batch.writer, WriterTotals(0, 0, 0, 0))
        known = before.position
        if batch.start > known:
            raise PositionGapError(known)
        new = [row for row in wire.rows(batch) if row.position > known]
        self.rows[run] += new
        self._writers[run][batch.writer] = WriterTotals(
            max(known, batch.end),
            (before.rows or 0) + len(new),
            (before.points or 0) + sum(len(row.values) for row in new),
            0,
        )
        return Accepted(max(known, batch.end), len(new))

    def offer(self, run: int, batch: Batch, reply: Reply) -> bool:
        return False

    def log(self, run: int, step: int, **values: object) -> None:
        """What `log()` in a script would bring here."""
        self.rows[run].append(Row(len(self.rows[run]) + 1, step, step * 1_000_000, values))

    async def begin_attempt(
        self, run: int, writer: str, *, at: int, since: int, after: int | None = None
    ) -> None:
        self.told.append(("begin", run, writer, at, since, after))

    async def join_attempt(self, run: int, writer: str, *, at: int) -> None:
        self.told.append(("join", run, writer, at))

    async def copy(self, source: int, target: int, until: int) -> None:
        if target not in self.copied:
            self.copied.add(target)
            given = [row for row in self.rows[source] if row.step <= until]
            self.rows[target] = given + self.rows[target]

    async def positions(self, run: int, writers: Sequence[str] | None = None) -> Mapping[str, int]:
        return {
            name: each.position
            for name, each in self._writers[run].items()
            if writers is None or name in writers
        }

    async def writers(self, run: int) -> Mapping[str, WriterTotals]:
        return dict(self._writers[run])

    async def count(self, run: int) -> Count:
        points = sum(len(row.values) for row in self.rows[run])
        return Count(points, (), await self.writers(run))

    async def curves(self, series: Sequence[Series], window: Window, buckets: int) -> list[Curve]:
        empty = np.zeros(0)
        ints, counts = empty.astype(np.int64), empty.astype(np.uint32)
        return [
            Curve(each, 1, 0, *[ints] * 3, *[empty] * 4, *[counts] * 4)  # type: ignore[arg-type]
            for each in series
        ]

    async def charts(self, charts: Sequence[Chart]) -> list[list[Curve]]:
        return [await self.curves(each.series, each.window, each.buckets) for each in charts]

    async def scan(
        self, series: Sequence[Series], window: Window, superseded: Superseded = "hide"
    ) -> list[Scan]:
        empty = np.zeros(0)
        ints = empty.astype(np.int64)
        return [Scan(each, ints, ints, empty) for each in series]

    async def points(
        self,
        series: Series,
        window: Window,
        *,
        limit: int,
        cursor: str | None = None,
        superseded: Superseded = "hide",
    ) -> Points:
        found = [row for row in self.rows[series.run] if series.key in row.values][:limit]
        return Points(
            series,
            [row.step for row in found],
            [row.time for row in found],
            [row.values[series.key] for row in found],
        )

    async def tail(self, series: Sequence[Series], after: Sequence[int]) -> list[Tail]:
        empty = np.zeros(0)
        ints = empty.astype(np.int64)
        return [Tail(each, n, ints, ints, empty) for each, n in zip(series, after, strict=True)]

    async def keys(
        self, runs: Sequence[int], keys: Sequence[str] | None = None
    ) -> dict[int, list[KeyStats]]:
        return {run: self._keys(run, keys) for run in runs if run in self.rows}

    async def overview(self, runs: Sequence[int], keys: Sequence[str] | None = None) -> Overview:
        return overview.of_stats(await self.keys(runs, keys))

    async def weigh(self, runs: Sequence[int]) -> Mapping[int, Mapping[Part, Weight]]:
        return {}

    async def release(self, run: int, parts: Sequence[Part]) -> Weight:
        return Weight()

    async def damage(self, runs: Iterable[int]) -> Mapping[int, Sequence[Damage]]:
        return {}

    async def forget(self, run: int) -> None:
        self.rows.pop(run, None)
        self._writers.pop(run, None)

    async def close(self) -> None:
        pass

    def _keys(self, run: int, wanted: Sequence[str] | None) -> list[KeyStats]:
        by_key: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows[run]:
            for key in row.values:
                if wanted is None or key in wanted:
                    by_key[key].append(row)
        return [_stats(key, rows) for key, rows in sorted(by_key.items())]


def _stats(key: str, rows: list[Row]) -> KeyStats:
    last = max(rows, key=lambda row: row.step)
    value = last.values[key]
    numbers = [
        row.values[key]
        for row in rows
        if isinstance(row.values[key], int | float) and math.isfinite(row.values[key])
    ]
    return KeyStats(
        key=key,
        kind="number" if isinstance(value, int | float) else "object",
        logged=len(rows),
        last=value,
        last_step=last.step,
        last_time=last.time,
        first_step=min(row.step for row in rows),
        low=min(numbers, default=None),
        high=max(numbers, default=None),
        mean=sum(numbers) / len(numbers) if numbers else None,
    )
