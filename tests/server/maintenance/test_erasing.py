"""Deleted runs: gone at once, taken away in steps, whatever ends in between."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contracts.stores import Writer

from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.metrics import erasing
from wanllmdb_server.metrics.erasing import STEP_S, Steps
from wanllmdb_server.metrics.sealer import Pace
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import StoreFullError

LAZY = Pace(points=10**9, age=1e9, patience=1e9, quiet=1e9, idle=1e9)
KEYS = 1500  # notes: more than are deleted at once


async def fill(store: SqliteMetricStore, run: int) -> Writer:
    """A run of many series, sealed and not."""
    writer = Writer(store, run)
    for step in range(3):
        await writer.log((step, {f"key{n}": n + step for n in range(KEYS)}))
    await store.seal(run)
    await writer.log((9, {"late": 1.0}))
    return writer


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteMetricStore]:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    yield store
    await store.close()


async def is_unknown(store: SqliteMetricStore, run: int) -> bool:
    """Whether nothing at all is said of the run."""
    series = Series(run, "key3")
    [curve] = await store.curves([series], Window(), 10)
    points = await store.points(series, Window(), limit=10)
    [tail] = await store.tail([series], [0])
    return (
        (curve.logged, len(points.step), len(tail.step)) == (0, 0, 0)
        and (await store.keys([run]))[run] == []
        and await store.positions(run) == {}
        and await store.writers(run) == {}
        and (await store.count(run)).points == 0
    )


def rows_left(store: SqliteMetricStore) -> int:
    tables = ("chunk", "key", "writer", "batch", "contents", "body", "erasing", "trash")
    connection = store._database.reader()
    return sum(
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        for table in tables
        if table != "contents"
    )


async def until(true: object, *, seconds: float = 30.0) -> None:
    for _ in range(int(seconds * 50)):
        if true():  # type: ignore[operator]
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not in time")


async def test_a_large_run_is_gone_at_once_and_all_of_it_in_a_while(
    store: SqliteMetricStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing.Erasing, "step", lambda self: False)  # nobody takes it away yet
    await fill(store, 1)
    await fill(store, 2)
    await store.forget(1)
    assert await is_unknown(store, 1)
    assert len((await store.keys([2]))[2]) == KEYS + 1
    assert rows_left(store) > 2 * KEYS  # it is all still there
    with pytest.raises(StoreFullError, match="being deleted"):
        await Writer(store, 1).log((1, {"loss": 1.0}))
    await store.forget(1)  # twice is no error
    monkeypatch.undo()
    await until(lambda: not store._erasing.runs)
    assert await is_unknown(store, 1)
    await Writer(store, 1).log((1, {"key3": 5.0}))  # and may be logged to anew
    assert (await store.points(Series(1, "key3"), Window(), limit=10)).value == [5.0]
    await store.forget(1)
    await store.forget(2)
    await until(lambda: rows_left(store) == 0)


async def test_a_store_that_stopped_in_between_goes_on_erasing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    monkeypatch.setattr(erasing.Erasing, "step", lambda self: False)
    await fill(store, 1)
    await store.forget(1)
    await store.close()
    again = SqliteMetricStore.open(tmp_path, pace=LAZY)
    assert await is_unknown(again, 1)
    monkeypatch.undo()
    await until(lambda: not again._erasing.runs and rows_left(again) == 0)
    assert await is_unknown(again, 1)
    await again.close()


async def test_a_run_that_is_in_memory_only_is_gone_at_once_though_it_is_large(
    store: SqliteMetricStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_SMALL_BYTES", 1000)
    monkeypatch.setattr(erasing.Erasing, "step", lambda self: False)
    await Writer(store, 1).log(*((n, {f"key{k}": n / 7 for k in range(50)}) for n in range(20)))
    await store.forget(1)
    await store.forget(1)  # and the batches that it has are still known
    assert 1 in store._erasing.runs
    assert await is_unknown(store, 1)
    monkeypatch.undo()
    await until(lambda: not store._erasing.runs and rows_left(store) == 0)


async def test_what_was_in_memory_of_a_run_is_freed_bit_by_bit(
    store: SqliteMetricStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing.Erasing, "step", lambda self: False)
    await fill(store, 1)
    writer = Writer(store, 2)
    await writer.log(*((n, {"loss": n / 7}) for n in range(600)))
    for n in range(300):  # few rows at a time, of several forms, and one that waits to be sorted
        await writer.log((n, {"loss": 1.0, "note": "x" * (n % 2)}))
    await writer.log((999, {"loss": 1.0}))
    tables = [store._memtable.get(run) for run in (1, 2)]
    assert all(table is not None and table.keys for table in tables)
    await store.forget(1)
    await store.forget(2)
    monkeypatch.undo()
    monkeypatch.setattr(erasing, "STEP_S", 0.0)  # one bit a step
    await until(lambda: not any(table.keys for table in tables if table is not None))
    await until(lambda: rows_left(store) == 0)
    assert await is_unknown(store, 1)
    assert await is_unknown(store, 2)


async def test_the_room_of_a_deleted_run_is_given_back(store: SqliteMetricStore) -> None:
    for run in (1, 2):
        writer = Writer(store, run)
        for at in range(0, 60_000, 20_000):
            rows = [(n, {"loss": (n * 2654435761 % 2**32) / 7}) for n in range(at, at + 20_000)]
            await writer.log(*rows)
        await store.seal(run)
    reader = store._database.reader()

    def pages() -> int:
        return reader.execute("PRAGMA page_count").fetchone()[0]

    before = pages()
    await store.forget(1)
    store._sealer._pace = Pace(rest=-1.0)  # nothing came for long enough
    await until(lambda: pages() < before * 0.7)


def test_steps_grow_while_they_are_quick_and_shrink_when_they_are_not() -> None:
    steps = Steps(100, most=300)
    steps.took(STEP_S / 10)
    assert steps.size == 200
    steps.took(0)
    assert steps.size == 300
    steps.took(STEP_S * 2)
    assert steps.size == 150
    for _ in range(20):
        steps.took(1)
    assert steps.size > 0


SCRIPT = """
import asyncio, sys
from pathlib import Path
from tests.server.maintenance.test_erasing import LAZY, fill
from wanllmdb_server.metrics.sqlite import SqliteMetricStore

async def main():
    store = SqliteMetricStore.open(Path(sys.argv[1]), pace=LAZY)
    await fill(store, 1)
    await fill(store, 2)
    await store.forget(1)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "point", ["forget.written", "forget.durable", "erase.written:1", "erase.durable:1",
              "erase.written:3", "erase.durable:5"]
)  # fmt: skip
async def test_a_process_that_is_killed_while_it_deletes_has_deleted_it_or_not(
    tmp_path: Path, point: str
) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env={**os.environ, "WANLLMDB_CRASH_AT": point},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == -9, done.stderr.decode()
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    there = len((await store.keys([1]))[1])
    assert there == (KEYS + 1 if point == "forget.written" else 0)
    assert there or await is_unknown(store, 1)
    assert len((await store.keys([2]))[2]) == KEYS + 1
    assert (await store.count(2)).points == KEYS * 3 + 1
    assert not await store.damage([1, 2])
    await store.close()
