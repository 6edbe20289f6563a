"""SIGKILL of a process that appends and seals: what it acknowledged is there, and once."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.contracts.stores import T0, pack

from wanllmdb.wire import Batch, Kind
from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.metrics.sealer import Pace
from wanllmdb_server.metrics.sqlite import SqliteMetricStore

ROUNDS = 20
RUNS = (1, 2)
ROWS = 20
KEYS = ("loss", "acc", "odd")
BUSY = Pace(points=400, age=0.05, few=1, patience=0.1, recent=0.1, quiet=0.2, checkpoint=100_000)


def batch(first: int) -> Batch:
    """Rows whose values and keys follow from their positions, so that all can be checked."""
    records = []
    for at in range(first + 1, first + 1 + ROWS):
        values = {"loss": float(at), "acc": 1.0 / at}
        if at % 5 == 0:
            values["odd"] = float(at)
        records.append((at, Kind.ROW, (at // 3, T0 + at, values)))
    return pack(records, start=first)


async def append_for_ever(directory: Path) -> None:
    """Append to every run, from where the store is, and write down what was acknowledged."""
    store = SqliteMetricStore.open(directory, pace=BUSY)

    async def fill(run: int) -> None:
        position = (await store.positions(run)).get("w", 0)
        with (directory / f"ledger-{run}").open("a") as ledger:
            while True:
                accepted = await store.append(run, batch(position))
                assert accepted.rows == ROWS
                position = accepted.position
                ledger.write(f"{position}\n")
                ledger.flush()
                if position % (25 * ROWS) == 0:
                    await store.seal(run)

    await asyncio.gather(*(fill(run) for run in RUNS))


async def check(directory: Path) -> dict[int, int]:
    """Every acknowledged row is there, nothing twice, nothing else; how many there are."""
    store = SqliteMetricStore.open(directory)
    found: dict[int, int] = {}
    for run in RUNS:
        ledger = directory / f"ledger-{run}"
        acknowledged = [int(line) for line in ledger.read_text().split("\n")[:-1]]
        position = (await store.positions(run)).get("w", 0)
        assert position % ROWS == 0
        assert position >= max(acknowledged, default=0)
        for key in KEYS:
            page = await store.points(Series(run, key), Window(), limit=10**7)
            at = [time - T0 for time in page.time]
            assert at == [n for n in range(1, position + 1) if key != "odd" or n % 5 == 0]
            assert page.step == [n // 3 for n in at]
            assert page.value == [1.0 / n if key == "acc" else float(n) for n in at]
            [curve] = await store.curves([Series(run, key)], Window(), 100)
            assert int(curve.count.sum()) == curve.logged == len(at)
        count = await store.count(run)
        assert (count.points, count.damaged) == (2 * position + position // 5, ())
        assert count.writers.get("w") == (
            WriterTotals(position, position, count.points, 0) if position else None
        )
        found[run] = position
    await store.close()
    return found


@pytest.mark.fault
@pytest.mark.timeout(400)
def test_a_store_killed_twenty_times_has_all_it_acknowledged_and_nothing_twice(
    tmp_path: Path,
) -> None:
    chance = random.Random(2)
    reached = 0
    for _ in range(ROUNDS):
        before = {run: size(tmp_path, run) for run in RUNS}
        child = subprocess.Popen([sys.executable, "-m", __name__, str(tmp_path)])
        try:
            while child.poll() is None and any(size(tmp_path, run) == before[run] for run in RUNS):
                time.sleep(0.005)
            time.sleep(chance.random() * 0.3)
        finally:
            child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
        found = asyncio.run(check(tmp_path))
        assert min(found.values()) > reached
        reached = min(found.values())


def size(directory: Path, run: int) -> int:
    ledger = directory / f"ledger-{run}"
    return ledger.stat().st_size if ledger.exists() else 0


if __name__ == "__main__":
    asyncio.run(append_for_ever(Path(sys.argv[1])))
