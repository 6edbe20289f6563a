"""SIGKILL of a process that copies a run: the copy is there or it is not, and can be made again."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.contracts.stores import Writer

from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.metrics.sqlite import SqliteMetricStore

ROUNDS = 8
SOURCE = 1
KEYS = 40
ROWS = 3000
UNTIL = 1999


async def copy(directory: Path, target: int) -> None:
    store = SqliteMetricStore.open(directory)
    sys.stdout.write("opened\n")
    sys.stdout.flush()
    await store.copy(SOURCE, target, UNTIL)
    await asyncio.sleep(60)


async def prepare(directory: Path) -> None:
    store = SqliteMetricStore.open(directory)
    writer = Writer(store, run=SOURCE)
    for first in range(0, ROWS, 500):
        steps = range(first, first + 500)
        await writer.log(*[(n, {f"k{key}": n * 1.5 + key for key in range(KEYS)}) for n in steps])
    await store.close()


async def copied(store: SqliteMetricStore, target: int) -> int:
    """How many points the target has; each is what it should be."""
    total = 0
    for stats in (await store.keys([target]))[target]:
        page = await store.points(Series(target, stats.key), Window(), limit=10**6)
        assert page.step == list(range(UNTIL + 1))
        assert page.value == [n * 1.5 + int(stats.key[1:]) for n in page.step]
        total += len(page.step)
    return total


@pytest.mark.fault
@pytest.mark.timeout(180)
def test_a_copy_that_was_killed_is_whole_or_not_there_and_is_made_again(tmp_path: Path) -> None:
    asyncio.run(prepare(tmp_path))
    chance = random.Random(14)
    whole = KEYS * (UNTIL + 1)
    outcomes: list[int] = []
    for target in range(100, 100 + ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-m", __name__, str(tmp_path), str(target)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == b"opened\n"
            time.sleep(chance.uniform(0, 0.15))
            process.kill()

        async def look(target: int = target) -> None:
            store = SqliteMetricStore.open(tmp_path)
            outcomes.append(await copied(store, target))
            await store.copy(SOURCE, target, UNTIL)
            assert await copied(store, target) == whole
            assert (await store.count(target)).damaged == ()
            await store.close()

        asyncio.run(look())
    assert set(outcomes) <= {0, whole}, outcomes


if __name__ == "__main__":
    asyncio.run(copy(Path(sys.argv[1]), int(sys.argv[2])))
