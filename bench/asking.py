"""What a store is asked at every size, and how long the answers take, by a fresh process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bench.store import WHOLE, best

from wanllmdb_server.domain.series import Series
from wanllmdb_server.metrics.sqlite import SqliteMetricStore

ONE, SHORT, MANY, NARROW, LONG = 10, 1000, 20, 30_000, 11  # numbers of the first runs


@dataclass(frozen=True)
class Asked:
    """A question, and the runs that it is about.

    Args (fields):
        name: as it is printed.
        runs: their numbers.
        keys: of each run.
        rows: of each run.
        buckets: of its curves; 0 asks for the statistics of all keys.
        since: from which size on (millions of points) the runs are in the store.
        more: runs of earlier questions that it is about too.
    """

    name: str
    runs: range
    keys: list[str]
    rows: int
    buckets: int
    since: int = 2
    more: range = range(0)

    def put(self, store: SqliteMetricStore) -> Callable[[], Awaitable[object]]:
        """Ask it, whenever it is called."""
        runs = [*self.more, *self.runs]
        if not self.buckets:
            return lambda: store.keys(runs)
        series = [Series(run, key) for run in runs for key in self.keys]
        return lambda: store.curves(series, WHOLE, self.buckets)


HUNDRED = range(SHORT, SHORT + 100)
ASKED = (
    Asked("1 run × 100 k points", range(ONE, ONE + 1), ["loss"], 100_000, 1000),
    Asked("100 runs × 10 k points", HUNDRED, ["loss"], 10_000, 500),
    Asked("statistics of 1000 runs × 50 keys", range(NARROW, NARROW + 1000),
          [f"key_{n}" for n in range(50)], 2, 0),
    Asked("1 run × 1 M points", range(LONG, LONG + 1), ["loss"], 1_000_000, 1000, since=20),
    Asked("200 keys × 10 k points", range(MANY, MANY + 1), [f"key_{n}" for n in range(200)],
          10_000, 300, since=20),
    Asked("1000 runs × 10 k points", range(SHORT + 100, SHORT + 1000), ["loss"], 10_000, 500,
          since=20, more=HUNDRED),
)  # fmt: skip


def ask(folder: Path, millions: int) -> dict[str, float]:
    """Open the store and ask: milliseconds, megabytes."""
    return asyncio.run(_ask(folder / "store", millions))


async def _ask(directory: Path, millions: int) -> dict[str, float]:
    bare, began = memory(), time.perf_counter()
    store = SqliteMetricStore.open(directory)
    answer = {"open, ms": (time.perf_counter() - began) * 1e3}
    answer["memory when open, over bare, MB"] = memory() - bare
    for asked in ASKED:
        if asked.since <= millions:
            question = asked.put(store)
            began = time.perf_counter()
            await question()
            answer[f"{asked.name}, first time, ms"] = (time.perf_counter() - began) * 1e3
            wall, used = await best(question)
            answer[f"{asked.name}, ms"] = wall
            answer[f"{asked.name}, CPU, ms"] = used
    answer["memory when asked, over bare, MB"] = memory() - bare
    await store.close()
    return answer


def memory() -> float:
    """What this process has in memory, without what it maps of files, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0
