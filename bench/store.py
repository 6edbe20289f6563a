"""The metric store alone: what ingest costs, what a point weighs, how fast curves come.

Usage: python -m bench.store [--json] [--millions N]

The store runs in this process, without HTTP: batches of 1000 rows × 10 keys from 50 runs, as the
SDK packs them; then questions about runs of 10 k points and one of 1 M. CPU seconds are of the
whole process, sealing included; making the batches is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
from bench.figures import Figure, as_json, quantile, table
from bench.writer import Writer

from wanllmdb import wire
from wanllmdb.wire import Batch
from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.metrics.sqlite import SqliteMetricStore

KEYS = [f"train/metric_{n}" for n in range(10)]
ROWS = 1000
RUNS = 50
T0 = 1_700_000_000_000_000
WHOLE = Window()


class Source:
    """Noisy, decaying float32 curves with spikes, NaN and infinities; steps by 1, jittered time."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._time = T0
        self._writers: dict[tuple[str, ...], Writer] = {}

    def batch(self, start: int, keys: list[str], rows: int = ROWS) -> Batch:
        """Rows `start`, start + 1, … as one batch."""
        random = self._random
        step = np.arange(start, start + rows)
        noise = random.normal(0, 0.05, (len(keys), rows))
        value = (2 * np.exp(-step / 5000) + 0.5 + noise).astype(np.float32).astype(np.float64)
        value[random.random(value.shape) < 1 / 2000] = np.nan
        value[random.random(value.shape) < 1 / 5000] = np.inf
        times = T0 + step * 50_000 + random.integers(-4000, 4000, rows)
        writer = self._writers.setdefault(tuple(keys), Writer(keys))
        return wire.unpack("w", writer.batch(step.tolist(), times.tolist(), value.T.tolist()))


def cpu() -> float:
    """CPU seconds of this process, all threads."""
    return time.process_time()


def written() -> int:
    """Bytes that this process gave to the disk."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("write_bytes"):
            return int(line.split()[1])
    return 0


async def ingest(store: SqliteMetricStore, millions: int) -> tuple[list[Figure], int]:
    """50 runs at once, each a batch after another; then all is sealed and merged."""
    rounds = max(millions * 1_000_000 // (RUNS * ROWS * len(KEYS)), 1)
    sources = [Source(run) for run in range(RUNS)]
    made = [[each.batch(at * ROWS, KEYS) for each in sources] for at in range(rounds)]
    points = rounds * RUNS * ROWS * len(KEYS)
    wrote, began, before = written(), time.perf_counter(), cpu()
    for batches in made:
        await asyncio.gather(*(store.append(run, batch) for run, batch in enumerate(batches)))
    acknowledged = time.perf_counter() - began
    for run in range(RUNS):
        await store.seal(run)
    spent, used = time.perf_counter() - began, cpu() - before
    return [
        Figure("ingest, 1000-row batches: acknowledged", points / acknowledged, "pt/s"),
        Figure("… sealed and merged into one segment a run", points / spent, "pt/s"),
        Figure("… CPU of all that", used / points * 1e6, "CPU s/Mpt", 0.7),
        Figure("… written to disk", (written() - wrote) / points, "B/pt", 60),
    ], points


def syncs(directory: Path) -> list[Figure]:
    """What the disk alone takes: 64 KiB appended and synced, again and again."""
    taken: list[float] = []
    with (directory / "sync").open("wb", buffering=0) as file:
        for _ in range(200):
            began = time.perf_counter()
            file.write(bytes(65536))
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    taken.sort()
    return [
        Figure("this disk: 64 KiB and fdatasync, p50", quantile(taken, 0.5) * 1e3, "ms"),
        Figure("this disk: 64 KiB and fdatasync, p99", quantile(taken, 0.99) * 1e3, "ms"),
    ]


async def training(store: SqliteMetricStore, rounds: int = 80) -> list[Figure]:
    """50 runs that each send 100 rows × 10 keys four times a second, watched by 50 tails."""
    sources = [Source(run) for run in range(RUNS)]
    sent = [[each.batch(at * 100, KEYS, 100) for at in range(rounds)] for each in sources]
    watched = [Series(5000 + run, KEYS[0]) for run in range(RUNS)]
    seen = [0] * RUNS
    acks: list[float] = []
    tails: list[float] = []

    async def send(run: int, batch: Batch) -> None:
        begun = time.perf_counter()
        await store.append(5000 + run, batch)
        acks.append(time.perf_counter() - begun)

    began, before = time.perf_counter(), cpu()
    for number in range(rounds):
        await asyncio.gather(*(send(run, sent[run][number]) for run in range(RUNS)))
        begun = time.perf_counter()
        for at, tail in enumerate(await store.tail(watched, seen)):
            assert tail.start == seen[at]
            seen[at] += len(tail.step)
        tails.append(time.perf_counter() - begun)
        await asyncio.sleep(max(0, began + (number + 1) * 0.25 - time.perf_counter()))
    spent = cpu() - before
    mega = rounds * RUNS * 100 * len(KEYS) / 1e6
    assert seen == [rounds * 100] * RUNS
    acks.sort()
    tails.sort()
    return [
        Figure("200 k points/s, 50 runs: ack p50", quantile(acks, 0.5) * 1e3, "ms"),
        Figure("200 k points/s, 50 runs: ack p99", quantile(acks, 0.99) * 1e3, "ms", 100),
        Figure("200 k points/s, 50 runs: tail of 50 p99", quantile(tails, 0.99) * 1e3, "ms", 10),
        Figure("200 k points/s, 50 runs: CPU", spent / mega, "CPU s/Mpt", 0.7),
    ]


def weigh(directory: Path, points: int) -> Figure:
    """Bytes of the closed file for each point."""
    size = sum(each.stat().st_size for each in directory.iterdir())
    return Figure("settled", size / points, "B/pt", 6.5)


async def best(ask: Callable[[], Awaitable[object]], times: int = 7) -> tuple[float, float]:
    """Wall and CPU milliseconds of a question: the median of some."""
    walls, cpus = [], []
    for _ in range(times):
        began, before = time.perf_counter(), cpu()
        await ask()
        walls.append(time.perf_counter() - began)
        cpus.append(cpu() - before)
    return sorted(walls)[times // 2] * 1e3, sorted(cpus)[times // 2] * 1e3


async def fill(store: SqliteMetricStore, runs: range, keys: list[str], rows: int) -> None:
    """Runs with so many rows, sealed and merged."""
    for run in runs:
        source = Source(run)
        for start in range(0, rows, 10_000):
            await store.append(run, source.batch(start, keys, min(rows, 10_000)))
        await store.seal(run)


async def questions(store: SqliteMetricStore) -> list[Figure]:
    """Latencies of what a page asks."""
    one = [Series(10_000, "loss")]
    hundred = [Series(run, "loss") for run in range(1000, 1100)]
    thousand = [Series(run, "loss") for run in range(1000, 2000)]
    many_keys = [Series(20_000, f"key_{n}") for n in range(200)]
    asked: list[tuple[str, Callable[[], Awaitable[object]], float]] = [
        ("curve of 1 × 1 M points, 1000 buckets", lambda: store.curves(one, WHOLE, 1000), 5),
        (
            "curve of 1 × 1 M points, last 10 k steps",
            lambda: store.curves(one, Window(990_000, None), 1000),
            5,
        ),
        ("curves of 100 × 10 k points, 500", lambda: store.curves(hundred, WHOLE, 500), 40),
        ("curves of 1000 × 10 k points, 500", lambda: store.curves(thousand, WHOLE, 500), 400),
        ("curves of 200 keys × 10 k points, 300", lambda: store.curves(many_keys, WHOLE, 300), 60),
        ("keys of 1000 runs × 50", lambda: store.keys(range(30_000, 31_000)), 200),
        ("one key of 1000 runs", lambda: store.keys(range(1000, 2000), ["loss"]), 200),
        ("tail of 1000 series", lambda: store.tail(thousand, [0] * 1000), 10),
    ]
    figures: list[Figure] = []
    for name, ask, goal in asked:
        wall, used = await best(ask)
        figures += [Figure(f"{name}, wall", wall, "ms", goal), Figure("… CPU", used, "ms")]
    return figures


async def measure(directory: Path, millions: int) -> list[Figure]:
    """All figures."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = directory / "ingest"
    store = SqliteMetricStore.open(first)
    figures, points = await ingest(store, millions)
    await store.close()
    figures += [weigh(first, points), *syncs(directory)]
    store = SqliteMetricStore.open(directory / "read")
    figures += await training(store)
    await fill(store, range(1000, 2000), ["loss"], 10_000)
    await fill(store, range(10_000, 10_001), ["loss"], 1_000_000)
    await fill(store, range(20_000, 20_001), [f"key_{n}" for n in range(200)], 10_000)
    await fill(store, range(30_000, 31_000), [f"key_{n}" for n in range(50)], 2)
    await store.close()
    began = time.perf_counter()
    store = SqliteMetricStore.open(directory / "read")
    figures.append(Figure("open", (time.perf_counter() - began) * 1e3, "ms", 300))
    figures += await questions(store)
    await store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures.append(Figure("peak RSS over bare", (peak - before) / 1024, "MB"))
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--millions", type=int, default=10, help="points to ingest")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanllmdb-bench-") as directory:
        figures = asyncio.run(measure(Path(directory), arguments.millions))
    if arguments.json:
        print(as_json(figures))
    else:
        print(table(figures))
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
