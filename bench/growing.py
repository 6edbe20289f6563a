"""One store that grows: runs log, are finished and sealed, and others begin.

What was reached stands in `state.json` of the folder, rewritten after every wave of runs, so
that one may stop it anywhere: the store itself knows which batches of the last wave it has.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.asking import ASKED, Asked
from bench.figures import quantile
from bench.store import KEYS, Source, cpu, written

from wanllmdb import wire
from wanllmdb.wire import Batch
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import StoreFullError

Answer = dict[str, float]
Act = Callable[[Path, int], Answer]
Sizes = dict[str, Answer]

ROWS = 1000  # of a batch
BATCHES = 25  # of a run
LIVE = 40  # runs that log at the same time
SOURCES = 8  # runs whose batches are made; the others log the same
FIRST = 1_000_000  # number of the first run that only makes the store larger
POINTS = ROWS * BATCHES * len(KEYS)  # of such a run
SETTLE_S = 90.0


@dataclass
class Stage:
    """What growing to the size at hand has taken so far, over several processes perhaps."""

    points: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    written: int = 0
    before: int = 0  # bytes of the store
    rss: float = 0.0
    wal: float = 0.0
    acks: list[float] = field(default_factory=list)


@dataclass
class State:
    """What is in the folder.

    Attributes:
        runs: how many have been written that only make it larger.
        filled: the questions whose runs are there.
        points: in the whole store.
        stage: on the way to the next size.
        sizes: the figures of those that were reached.
    """

    runs: int = 0
    filled: list[str] = field(default_factory=list)
    points: int = 0
    stage: Stage = field(default_factory=Stage)
    sizes: Sizes = field(default_factory=dict)


def read(folder: Path) -> State:
    """The state of a folder; a new one has none."""
    path = folder / "state.json"
    if not path.exists():
        return State()
    known = json.loads(path.read_text())
    return State(**known | {"stage": Stage(**known["stage"])})


def write(folder: Path, state: State) -> None:
    """Keep it, whole or not at all."""
    path = folder / "state.json.new"
    path.write_text(json.dumps(asdict(state), indent=1))
    path.rename(folder / "state.json")


def store_of(folder: Path) -> Path:
    """Where the store itself lies."""
    return folder / "store"


def prepare(folder: Path) -> None:
    """Make the batches, unless they are there."""
    if (folder / "batches.json").exists():
        return
    sizes: list[int] = []
    with (folder / "batches").open("wb") as file:
        for seed in range(SOURCES):
            source = Source(seed)
            for at in range(BATCHES):
                batch = source.batch(at * ROWS, KEYS)
                head = (wire.VERSION, batch.start, batch.end, batch.count, batch.kinds)
                sizes.append(file.write(wire.encode((*head, batch.body))))
    (folder / "batches.json").write_text(json.dumps(sizes))


class Batches:
    """Those that were made, read when they are sent."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "batches").open("rb")
        self._sizes: list[int] = json.loads((folder / "batches.json").read_text())
        self._offsets = [sum(self._sizes[:at]) for at in range(len(self._sizes))]

    def of(self, run: int) -> Iterator[Batch]:
        """Those of a run, in order."""
        first = run % SOURCES * BATCHES
        for at in range(first, first + BATCHES):
            content = os.pread(self._file.fileno(), self._sizes[at], self._offsets[at])
            yield wire.unpack("w", content)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def grow(folder: Path, millions: int) -> Answer:
    """Bring the store to a size; what that took."""
    logging.disable(logging.WARNING)
    return asyncio.run(Growth(folder, millions).run())


class Growth:
    """A store on its way to a size.

    Args:
        folder: where it lies.
        millions: of points, that it shall have.
        settle: seconds that it gets to make its file small.
    """

    def __init__(self, folder: Path, millions: int, *, settle: float = SETTLE_S) -> None:
        self._folder = folder
        self._millions = millions
        self._state = read(folder)
        self._batches = Batches(folder)
        self._settle = settle

    async def run(self) -> Answer:
        """Grow, settle, close and weigh."""
        if not self._state.stage.points:
            await self._fill()
        here = written()
        _forget_peak()
        store = SqliteMetricStore.open(store_of(self._folder))
        while (missing := self._missing()) > 0:
            await self._wave(store, min(missing, LIVE))
        await self._settled()
        await store.close()
        self._batches.close()
        state, stage = self._state, self._state.stage
        stage.written += written() - here
        size = _size(store_of(self._folder))
        answer = {
            "ingest, M points/s": stage.points / stage.wall / 1e6,
            "ingest, CPU s/Mpt": stage.cpu / stage.points * 1e6,
            "acknowledgement p50, ms": quantile(sorted(stage.acks), 0.5) * 1e3,
            "acknowledgement p99, ms": quantile(sorted(stage.acks), 0.99) * 1e3,
            "written, B/pt": stage.written / stage.points,
            "settled, B/pt": (size - stage.before) / stage.points,
            "whole store, MB": size / 1e6,
            "write-ahead log at most, MB": stage.wal,
            "memory at most while growing, MB": stage.rss,
        }
        state.stage = Stage()
        write(self._folder, state)
        return answer

    def _missing(self) -> int:
        return round((self._millions * 1_000_000 - self._state.points) / POINTS)

    async def _fill(self) -> None:
        """The runs that are asked about from this size on; not counted as ingest."""
        store = SqliteMetricStore.open(store_of(self._folder))
        for asked in ASKED:
            if asked.since <= self._millions and asked.name not in self._state.filled:
                self._state.points += await fill(store, asked)
                self._state.filled.append(asked.name)
                write(self._folder, self._state)
        await self._settled()
        await store.close()
        self._state.stage.before = _size(store_of(self._folder))

    async def _wave(self, store: SqliteMetricStore, runs: int) -> None:
        """So many runs at once, from their first row to their end."""
        state, stage = self._state, self._state.stage
        began, before = time.perf_counter(), cpu()
        numbers = range(FIRST + state.runs, FIRST + state.runs + runs)
        await asyncio.gather(*(self._one(store, run) for run in numbers))
        stage.wall += time.perf_counter() - began
        stage.cpu += cpu() - before
        stage.points += runs * POINTS
        stage.rss = max(stage.rss, _peak())
        stage.acks = stage.acks[-100_000:]
        state.points += runs * POINTS
        state.runs += runs
        write(self._folder, state)
        self._tell()

    async def _one(self, store: SqliteMetricStore, run: int) -> None:
        stage = self._state.stage
        for batch in self._batches.of(run):
            began = time.perf_counter()
            await _send(store, run, batch)
            stage.acks.append(time.perf_counter() - began)
        stage.wal = max(stage.wal, store.stats().wal_bytes / 1e6)
        await store.seal(run)

    async def _settled(self) -> None:
        """Until the store has made its file small: it stops changing."""
        last, end = -1, time.monotonic() + self._settle
        await asyncio.sleep(min(6, self._settle))
        while (now := _size(store_of(self._folder))) != last and time.monotonic() < end:
            last = now
            await asyncio.sleep(3)

    def _tell(self) -> None:
        """A line of progress, and when it will be done."""
        stage, missing = self._state.stage, self._missing() * POINTS
        left = missing / stage.points * stage.wall / 60
        print(f"{self._state.points / 1e6:,.0f} M of {self._millions:,} M points, "
              f"{stage.points / stage.wall / 1e6:.2f} M/s, {stage.cpu / stage.points * 1e6:.2f} "
              f"CPU s/Mpt, {left:.0f} minutes left, {_peak():.0f} MB, "
              f"load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)  # fmt: skip


async def _send(store: SqliteMetricStore, run: int, batch: Batch) -> None:
    """As a sender does: what the store has no room for is sent again."""
    while True:
        try:
            await store.append(run, batch)
        except StoreFullError as error:
            await asyncio.sleep(error.retry_after)
        else:
            return


async def fill(store: SqliteMetricStore, asked: Asked) -> int:
    """Write the runs that a question is about and seal them; how many points they have."""
    whole = min(asked.rows, 10_000)
    sources = [Source(seed) for seed in range(SOURCES if len(asked.runs) > 1 else 1)]
    made = [
        [each.batch(start, asked.keys, whole) for start in range(0, asked.rows, whole)]
        for each in sources
    ]
    for run in asked.runs:
        for batch in made[run % len(made)]:
            await _send(store, run, batch)
        await store.seal(run)
    return len(asked.runs) * len(asked.keys) * asked.rows


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """The most memory that this process had since it began to grow, in MB."""
    for each in Path("/proc/self/status").read_text().splitlines():
        if each.startswith("VmHWM"):
            return int(each.split()[1]) / 1024
    return 0.0
