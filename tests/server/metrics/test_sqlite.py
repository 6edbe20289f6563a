"""What the embedded store promises beyond the contract: reopening, full disks, damage, pace."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.stores import RUN, T0, Writer, pack

from wanllmdb.wire import Kind
from wanllmdb_server.domain.series import KeyStats, Series, Window
from wanllmdb_server.metrics import memtable, merging, segment, statements
from wanllmdb_server.metrics.database import NAME
from wanllmdb_server.metrics.sealer import Pace
from wanllmdb_server.metrics.sqlite import SqliteMetricStore
from wanllmdb_server.metrics.store import StoreFullError

LOSS = Series(RUN, "loss")
ALL = Window()
LAZY = Pace(points=10**9, age=1e9, patience=1e9, quiet=1e9, idle=1e9)


def rows_of(directory: Path, statement: str) -> list[Any]:
    """What another process would see in the file."""
    connection = sqlite3.connect(directory / NAME)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


async def values(store: SqliteMetricStore, key: str = "loss") -> list[Any]:
    return (await store.points(Series(RUN, key), ALL, limit=10**6)).value


async def until(condition: Any) -> None:
    """Wait for what the sealer does in its own time."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_what_was_acknowledged_is_there_after_the_process_is_gone(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path / "one", pace=LAZY)
    await Writer(store).log((1, {"loss": 0.5, "note": "text", "n": 2**60 + 1}), (2, {"loss": 0.25}))
    # As a kill would leave it: copied while open, nothing sealed, nothing closed.
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    await store.close()
    again = SqliteMetricStore.open(tmp_path / "two")
    assert await again.positions(RUN) == {"w": 2}
    assert await values(again) == [0.5, 0.25]
    assert await values(again, "note") == ["text"]
    assert await values(again, "n") == [2**60 + 1]
    await again.close()


async def test_closing_seals_what_waits(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    await Writer(store).log_series([0.5] * 300)
    await store.close()
    assert rows_of(tmp_path, "SELECT count(*) FROM batch") == [(0,)]
    assert rows_of(tmp_path, "SELECT sum(n) FROM chunk") == [(300,)]


async def test_a_run_is_sealed_when_enough_points_wait(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=Pace(points=200))
    await Writer(store).log_series([0.5] * 250)
    await until(lambda: rows_of(tmp_path, "SELECT total(n) FROM chunk") >= [(200,)])
    assert len(await values(store)) == 250
    await store.close()


async def test_a_run_is_sealed_when_its_points_have_waited_long(tmp_path: Path) -> None:
    now = [0]
    store = SqliteMetricStore.open(tmp_path, clock=lambda: now[0], pace=Pace(few=10))
    await Writer(store).log_series([0.5] * 20)
    await Writer(store, run=8).log((1, {"loss": 1.0}))
    now[0] = 31_000_000
    await until(lambda: rows_of(tmp_path, "SELECT run FROM chunk") == [(RUN,)])
    now[0] = 301_000_000
    await until(lambda: rows_of(tmp_path, "SELECT run FROM chunk") == [(RUN,), (8,)])
    await store.close()


async def test_a_run_that_is_quiet_becomes_one_segment_and_leaves_the_memory(
    tmp_path: Path,
) -> None:
    now = [0]
    store = SqliteMetricStore.open(tmp_path, clock=lambda: now[0], pace=Pace(points=1))
    writer = Writer(store)
    for part in range(3):
        await writer.log_series([0.5] * 20, first=part * 20)
        await until(lambda: not rows_of(tmp_path, "SELECT id FROM batch"))
    now[0] = 121_000_000
    await until(lambda: rows_of(tmp_path, "SELECT n FROM chunk") == [(60,)])
    now[0] = 1_000_000_000
    await until(lambda: store.stats().live_runs == 0)
    assert len(await values(store)) == 60
    [tail] = await store.tail([LOSS], [60])
    assert (tail.start, len(tail.step)) == (60, 0)
    await writer.log((60, {"loss": 0.25}))
    [tail] = await store.tail([LOSS], [60])
    assert (tail.start, tail.value.tolist()) == (60, [0.25])
    await store.close()


async def test_many_segments_are_merged_and_nothing_is_left_of_the_old_ones(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    writer = Writer(store)
    for part in range(9):
        await writer.log_series([float(part)] * 30, first=part * 20)
        await writer.log((part, {"note": f"part {part}"}))
        await store.seal(RUN)
    assert rows_of(tmp_path, "SELECT kind, n FROM chunk") == [(0, 270), (1, 9)]
    assert await values(store, "note") == [f"part {part}" for part in range(9)]
    await store.close()
    # An axis, values, two levels, objects.
    assert rows_of(tmp_path, "SELECT count(*) FROM body") == [(5,)]
    assert rows_of(tmp_path, "SELECT count(*) FROM trash") == [(0,)]


async def test_a_forgotten_run_leaves_nothing_in_the_file(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    await Writer(store).log_series([0.5] * 300)
    await store.seal(RUN)
    await Writer(store, name="late").log((1, {"loss": 1.0, "text": "x"}))
    await store.forget(RUN)
    await store.seal(RUN)
    await store.close()
    for table in ("batch", "writer", "key", "chunk", "body", "trash"):
        assert rows_of(tmp_path, f"SELECT count(*) FROM {table}") == [(0,)], table  # noqa: S608


async def test_a_run_forgotten_while_it_is_sealed_and_merged_stays_forgotten(
    tmp_path: Path,
) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=Pace(points=50))
    for _ in range(10):
        writer = Writer(store)
        await writer.log_series([0.5] * 400)
        sealing = asyncio.ensure_future(store.seal(RUN))
        await store.forget(RUN)
        await sealing
        assert await store.keys([RUN]) == {RUN: []}
        assert await values(store) == []
    await store.close()
    for table in ("batch", "key", "chunk", "body WHERE id NOT IN (SELECT body FROM trash)"):
        assert rows_of(tmp_path, f"SELECT count(*) FROM {table}") == [(0,)], table  # noqa: S608
    store = SqliteMetricStore.open(tmp_path)
    await until(lambda: rows_of(tmp_path, "SELECT count(*) FROM body") == [(0,)])
    await store.close()


async def test_a_full_store_says_so_keeps_nothing_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY, max_bytes=1 << 20)
    chance = random.Random(0)
    await Writer(store, run=1).log((1, {"text": chance.randbytes(300_000).hex()}))
    writer = Writer(store)
    await writer.log((1, {"loss": 0.5}))
    big = [(step, {"text": chance.randbytes(30_000).hex()}) for step in range(30)]
    with pytest.raises(StoreFullError):
        await writer.log(*big)
    assert await store.positions(RUN) == {"w": 1}
    assert await values(store) == [0.5]
    assert await values(store, "text") == []
    await writer.log((2, {"loss": 0.25}))
    await store.forget(1)
    await writer.log(*big[:10])
    assert len(await values(store, "text")) == 10
    await store.close()


async def test_batches_beyond_a_runs_keys_are_refused_alike_before_and_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memtable, "MAX_KEYS_PER_RUN", 3)
    store = SqliteMetricStore.open(tmp_path / "one", pace=LAZY)
    writer = Writer(store)
    first = await writer.log((1, {"a": 1, "b": 2}), (2, {"a": 3, "text": "x", "c": 4}))
    assert [(position, code) for position, code, _ in first.rejected] == [(2, "too-many-keys")]
    second = await writer.log((3, {"d": 1, "a": 5}))
    assert [(position, code) for position, code, _ in second.rejected] == [(3, "too-many-keys")]
    before = await store.keys([RUN])
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    await store.close()
    for directory in ("one", "two"):
        again = SqliteMetricStore.open(tmp_path / directory)
        assert await again.keys([RUN]) == before
        writer.store = again
        writer.position = 3
        third = await writer.log((4, {"e": 1, "a": 5}))
        assert [position for position, _, _ in third.rejected] == [4]
        await again.close()


async def test_a_damaged_batch_in_the_log_is_set_apart_and_the_rest_is_there(
    tmp_path: Path,
) -> None:
    store = SqliteMetricStore.open(tmp_path / "one", pace=LAZY)
    writer = Writer(store)
    for step in range(3):
        await writer.log((step, {"loss": float(step)}))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    await store.close()
    connection = sqlite3.connect(tmp_path / "two" / NAME)
    connection.execute("UPDATE batch SET body = substr(body, 2) WHERE id = 2")
    connection.commit()
    connection.close()
    again = SqliteMetricStore.open(tmp_path / "two")
    assert await values(again) == [0.0, 2.0]
    await again.close()
    assert rows_of(tmp_path / "two", "SELECT id, run FROM damaged") == [(2, RUN)]


@pytest.mark.parametrize("what", ["body SET b = substr(b, 1, length(b) - 1)", "chunk SET note"])
async def test_damage_in_the_file_is_named_and_never_a_wrong_curve(
    tmp_path: Path, what: str
) -> None:
    store = SqliteMetricStore.open(tmp_path)
    await Writer(store).log_series([0.5] * 300)
    await store.close()
    connection = sqlite3.connect(tmp_path / NAME)
    if what.startswith("body"):
        connection.execute(f"UPDATE {what}")
    else:
        [note] = connection.execute("SELECT note FROM chunk").fetchone()
        damaged = bytearray(note)
        damaged[100] ^= 4
        connection.execute("UPDATE chunk SET note = ?", (bytes(damaged),))
    connection.commit()
    connection.close()
    again = SqliteMetricStore.open(tmp_path)
    [curve] = await again.curves([LOSS], ALL, 1000)
    assert (len(curve.bin), curve.logged) == (0, 0)
    assert {each.key for each in (await again.damage([RUN]))[RUN]} == {"loss"}
    await again.close()


async def test_a_torn_or_flipped_write_ahead_log_opens_to_a_prefix(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path / "whole", pace=LAZY)
    writer = Writer(store)
    for step in range(60):
        await writer.log((step, {"loss": float(step)}))
    shutil.copytree(tmp_path / "whole", tmp_path / "copy")
    await store.close()
    (tmp_path / "copy" / f"{NAME}-shm").unlink()
    log = (tmp_path / "copy" / f"{NAME}-wal").read_bytes()
    chance = random.Random(3)
    lengths: set[int] = set()
    for number in range(40):
        torn = tmp_path / f"torn-{number}"
        shutil.copytree(tmp_path / "copy", torn)
        at = chance.randrange(len(log))
        flipped = log[:at] + bytes([log[at] ^ 16]) + log[at + 1 :]
        (torn / f"{NAME}-wal").write_bytes(log[:at] if number % 2 else flipped)
        again = SqliteMetricStore.open(torn)
        position = (await again.positions(RUN)).get("w", 0)
        assert await values(again) == [float(step) for step in range(position)]
        lengths.add(position)
        await again.close()
    assert len(lengths) > 10


async def test_callers_wait_while_more_points_are_in_memory_than_should(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=Pace(points=100, pending=50))
    writer = Writer(store)
    for part in range(20):
        await writer.log_series([0.5] * 100, first=part * 100)
    await until(lambda: not store.stats().pending)
    assert len(await values(store)) == 2000
    assert store.stats().sealed >= 1
    await store.close()


async def test_a_run_of_ten_thousand_keys_works(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    keys = [f"layer/{n}" for n in range(10_000)]
    writer = Writer(store)
    for step in range(2):
        await writer.log((step, {key: float(n + step) for n, key in enumerate(keys)}))
        await store.seal(RUN)
    await writer.log((2, dict.fromkeys(keys, 0.0)))
    found: list[KeyStats] = (await store.keys([RUN]))[RUN]
    assert len(found) == 10_000
    assert {stats.logged for stats in found} == {3}
    curves = await store.curves([Series(RUN, key) for key in keys[::50]], ALL, 100)
    assert [curve.last.tolist() for curve in curves] == [
        [float(n), float(n + 1), 0.0] for n in range(0, 10_000, 50)
    ]
    await store.close()


async def test_a_series_beyond_a_chunk_is_in_several_and_reads_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "PIECE", 128)
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    await Writer(store).log_series([float(n % 50) for n in range(1000)], first=-300)
    await Writer(store, name="again").log_series([99.0] * 300, first=100)
    before = str(await store.curves([LOSS], ALL, 60)), await values(store)
    await store.seal(RUN)
    assert rows_of(tmp_path, "SELECT count(*) FROM chunk") == [(11,)]
    assert (str(await store.curves([LOSS], ALL, 60)), await values(store)) == before
    page = await store.points(LOSS, Window(95, None), limit=10)
    assert page.step == [95, 96, 97, 98, 99, 100, 100, 101, 101, 102]
    await store.close()


async def test_notes_that_do_not_fit_one_value_of_sqlite_are_fetched_in_parts(
    tmp_path: Path,
) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    for run in range(9):
        await Writer(store, run=run).log((1, {"a": 1.0, "b": 2.0}))
    await store.close()
    connection = sqlite3.connect(tmp_path / NAME)
    whole = statements.fetch_run_notes(connection, list(range(9)))
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 5 * segment.NOTE.itemsize)
    parts = statements.fetch_run_notes(connection, list(range(9)))
    connection.close()
    assert len(whole) == 18
    assert parts.tobytes() == whole.tobytes()


async def test_one_commit_serves_many_batches_in_the_order_they_were_handed_in(
    tmp_path: Path,
) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    batches = [
        pack([(at, Kind.ROW, (at, T0, {"loss": float(at)}))], start=at - 1) for at in range(1, 200)
    ]
    accepted = await asyncio.gather(*(store.append(RUN, batch) for batch in batches))
    assert [each.position for each in accepted] == list(range(1, 200))
    assert (await store.tail([LOSS], [0]))[0].value.tolist() == [float(at) for at in range(1, 200)]
    await store.close()


async def test_a_store_to_which_nothing_comes_makes_itself_small(tmp_path: Path) -> None:
    noise = random.Random(1)
    store = SqliteMetricStore.open(tmp_path, pace=Pace(points=2000, quiet=0.1, rest=0.1))
    writer = Writer(store)
    for first in range(0, 60_000, 2000):
        steps = range(first, first + 2000)
        await writer.log(*[(step, {"loss": noise.random(), "x": noise.random()}) for step in steps])
    await store.seal(RUN)

    def is_small() -> bool:
        free = rows_of(tmp_path, "PRAGMA freelist_count")[0][0]
        return free <= 64 and (tmp_path / f"{NAME}-wal").stat().st_size <= 1024 * 1024

    grown = (tmp_path / f"{NAME}-wal").stat().st_size
    assert grown > 1024 * 1024
    await until(is_small)
    assert len(await values(store)) == 60_000
    await store.close()


async def test_a_run_of_thousands_of_keys_is_kept_listed_and_drawn(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path, pace=LAZY)
    writer = Writer(store)
    names = [f"layer.{n}" for n in range(3000)]
    for step in range(3):
        for at in range(0, len(names), 1000):
            await writer.log((step, dict.fromkeys(names[at : at + 1000], step + 0.5)))
    for _ in range(2):
        [found] = (await store.keys([RUN])).values()
        assert sorted(each.key for each in found) == sorted(names)
        [curve] = await store.curves([Series(RUN, "layer.2999")], ALL, 100)
        assert curve.count.tolist() == [1, 1, 1]
        await store.seal(RUN)
    await store.close()


async def test_a_handful_of_rows_at_a_time_is_as_all_at_once(tmp_path: Path) -> None:
    chance = random.Random(1)
    few, all_ = SqliteMetricStore.open(tmp_path / "few"), SqliteMetricStore.open(tmp_path / "all")
    writer, other = Writer(few), Writer(all_)
    rows = [
        (step, {"loss": chance.random(), **({"acc": step} if step % 7 else {"note": "x"})})
        for step in range(700)
    ]
    at = 0
    while at < len(rows):
        size = chance.choice([1, 1, 1, 2, 5])
        await writer.log(*rows[at : at + size])
        if chance.random() < 0.01:
            await few.seal(RUN)
        if chance.random() < 0.05:
            [tail] = await few.tail([Series(RUN, "loss")], [at])
            assert tail.value.tolist() == [values["loss"] for _, values in rows[at : at + size]]
        at += size
    await other.log(*rows)
    for key in ("loss", "acc", "note"):
        assert await values(few, key) == await values(all_, key)
        one, two = [await each.curves([Series(RUN, key)], ALL, 50) for each in (few, all_)]
        assert [curve.mean.tolist() for curve in one] == [curve.mean.tolist() for curve in two]
    assert await few.writers(RUN) == await all_.writers(RUN)
    await few.close()
    await all_.close()


def test_no_segment_grows_beyond_what_memory_allows() -> None:
    large = merging.LARGE
    small = dict.fromkeys(range(30), large // 10)
    assert len(merging.choose(small, final=True)) == 30
    grown = {0: 3 * large, 1: 2 * large, **dict.fromkeys(range(2, 12), large // 2)}
    assert merging.choose(grown, final=True) == [11, 10, 9, 8, 7, 6, 5, 4]
    assert merging.choose(grown, final=True, keys=100) == [*range(11, -1, -1)]
    assert merging.choose(dict.fromkeys(range(30), 2 * large), final=False) == []
