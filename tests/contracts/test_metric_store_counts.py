"""What every MetricStore promises of its counts: each point once, whatever comes and goes."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contracts.stores import RUN, STORES, T0, Writer, opened, pack

from wanllmdb.wire import MAX_KEY_BYTES, MAX_KEYS_PER_RUN, Batch, Kind, WireError
from wanllmdb_server.domain.receipt import WriterTotals
from wanllmdb_server.domain.series import Series, Window
from wanllmdb_server.metrics.store import MetricStore, PositionGapError


def rows(first: int, last: int, *, writer: str = "w") -> Batch:
    """Rows at these positions; each is two points, every fifth has an object too."""
    records = []
    for at in range(first, last + 1):
        values = {"loss": 1.0 / at, "acc": at}
        records.append((at, Kind.ROW, (at, T0, values | ({"note": "text"} if at % 5 == 0 else {}))))
    return pack(records, start=first - 1, writer=writer)


def totals(last: int) -> WriterTotals:
    return WriterTotals(last, last, 2 * last + last // 5, 0)


async def agree(store: MetricStore, run: int = RUN) -> None:
    """The counts are those of the points that can be read."""
    kept = 0
    for stats in (await store.keys([run]))[run]:
        page = await store.points(Series(run, stats.key), Window(), limit=10**6)
        kept += len(page.value)
    count = await store.count(run)
    assert (count.points, count.damaged) == (kept, ())
    assert count.writers == await store.writers(run)
    assert sum(each.points or 0 for each in count.writers.values()) == kept


async def test_what_nobody_logged_to_counts_nothing(store: MetricStore) -> None:
    assert await store.writers(RUN) == {}
    count = await store.count(RUN)
    assert (count.points, count.damaged, count.writers) == (0, (), {})


async def test_rows_and_their_values_are_counted_for_their_writer(store: MetricStore) -> None:
    await store.append(RUN, rows(1, 10))
    await store.append(RUN, rows(1, 4, writer="other"))
    await store.append(8, rows(1, 2))
    assert await store.writers(RUN) == {"w": totals(10), "other": totals(4)}
    await agree(store)


async def test_a_row_without_values_is_a_row(store: MetricStore) -> None:
    await Writer(store).log((1, {}), (2, {"loss": 0.5}))
    assert await store.writers(RUN) == {"w": WriterTotals(2, 2, 1, 0)}
    await agree(store)


async def test_what_comes_again_is_counted_once(store: MetricStore) -> None:
    for batch in (rows(1, 10), rows(1, 10), rows(3, 7), rows(5, 25), rows(20, 30), rows(1, 30)):
        await store.append(RUN, batch)
    assert await store.writers(RUN) == {"w": totals(30)}
    await agree(store)


async def test_what_comes_at_once_and_again_is_counted_once(store: MetricStore) -> None:
    batches = [rows(at + 1, at + 10, writer=f"w{n}") for n in range(6) for at in range(0, 100, 10)]
    again = [rows(1, 100, writer=f"w{n}") for n in range(6)]
    await asyncio.gather(*(store.append(RUN, batch) for batch in batches + again + batches))
    assert await store.writers(RUN) == {f"w{n}": totals(100) for n in range(6)}
    await agree(store)


async def test_what_is_refused_as_a_batch_is_not_counted(store: MetricStore) -> None:
    await store.append(RUN, rows(1, 5))
    with pytest.raises(PositionGapError):
        await store.append(RUN, rows(9, 12))
    with pytest.raises(WireError):
        await store.append(RUN, replace(rows(6, 9), body=b"damaged"))
    assert await store.writers(RUN) == {"w": totals(5)}
    await agree(store)


async def test_records_that_are_no_rows_move_the_position_and_count_nothing(
    store: MetricStore,
) -> None:
    await store.append(RUN, pack([(9, Kind.CONFIG, {"set": {}})]))
    assert await store.writers(RUN) == {"w": WriterTotals(9, 0, 0, 0)}


async def test_what_cannot_be_kept_is_counted_as_refused(store: MetricStore) -> None:
    records = [
        (1, Kind.ROW, (1, T0, {"loss": 0.5, "k" * (MAX_KEY_BYTES + 1): 1.0})),
        (2, Kind.ROW, "no row"),
        (3, Kind.ROW, (2, T0, {"raw": b"bytes"})),
    ]
    await store.append(RUN, pack(records))
    await store.append(RUN, pack(records))
    assert await store.writers(RUN) == {"w": WriterTotals(3, 2, 1, 3)}
    await agree(store)


async def test_keys_without_room_are_counted_as_refused_also_among_batches_that_come_together(
    store: MetricStore,
) -> None:
    half = MAX_KEYS_PER_RUN // 2 + 1
    parts = [
        pack([(1, Kind.ROW, (1, T0, {f"{name}{n}": n for n in range(half)}))], writer=name)
        for name in ("a", "b")
    ]
    objects = pack([(1, Kind.ROW, (1, T0, {"late": "text", "a0": "text"}))], writer="c")
    accepted = await asyncio.gather(*(store.append(RUN, each) for each in (*parts, objects)))
    found = await store.writers(RUN)
    assert sum(each.points or 0 for each in found.values()) == MAX_KEYS_PER_RUN + 1
    assert sum(each.refused or 0 for each in found.values()) == 3
    assert sum(len(each.rejected) for each in accepted) == 3
    count = await store.count(RUN)
    assert (count.points, count.damaged) == (MAX_KEYS_PER_RUN + 1, ())


async def test_a_forgotten_run_is_counted_from_nothing(store: MetricStore) -> None:
    await store.append(RUN, rows(1, 10))
    await store.forget(RUN)
    assert (await store.writers(RUN), (await store.count(RUN)).points) == ({}, 0)
    await store.append(RUN, rows(1, 3))
    assert await store.writers(RUN) == {"w": totals(3)}
    await agree(store)


@pytest.mark.parametrize("name", [name for name in STORES if name != "memory"])
async def test_any_deliveries_and_restarts_count_each_row_once(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    store, reached = opened(name, tmp_path), dict.fromkeys("uvw", 0)
    for _ in range(120):
        writer = chance.choice("uvw")
        first = chance.randint(max(reached[writer] - 30, 1), reached[writer] + 1)
        last = first + chance.randint(0, 25)
        await store.append(RUN, rows(first, last, writer=writer))
        reached[writer] = max(reached[writer], last)
        if chance.random() < 0.1:
            await store.seal(RUN)
        if chance.random() < 0.05:
            await store.close()
            store = opened(name, tmp_path)
    assert await store.writers(RUN) == {writer: totals(last) for writer, last in reached.items()}
    await agree(store)
    await store.close()
