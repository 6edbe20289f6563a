"""A store that cannot keep up: callers are slowed down, then sent away; nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.contracts.stores import Writer, pack
from tests.server.house import House, exact, row, send

from wanllmdb_server.metrics.pressure import Pressure
from wanllmdb_server.metrics.sqlite import SqliteMetricStore


def numbers(first: int, count: int) -> list[tuple[int, int, bytes]]:
    return [row(n, x=n * 1.1, y=n / 3) for n in range(first, first + count)]


async def test_who_is_refused_is_told_when_to_come_and_who_was_answered_is_kept(
    house: House,
) -> None:
    store = house.services.store
    assert isinstance(store, SqliteMetricStore)
    store._log._pressure = Pressure(points=5_000_000, queue=200_000, hold=0.2)
    sent = {f"w{n}": 0 for n in range(30)}
    waited: list[float] = []
    async with house.client("member") as http:
        await send(http, 0, [row(1, x=1.0)], writer="first")

        async def flush(writer: str) -> int:
            start = sent[writer]
            answer = await send(http, start, numbers(start + 1, 500), writer=writer)
            if answer.status_code == 200:
                sent[writer] = answer.json()["position"]
            else:
                assert answer.json()["code"] == "store-full"
                waited.append(float(answer.headers["Retry-After"]))
            return answer.status_code

        database = store._database
        await asyncio.to_thread(database.write.acquire)  # as long as a disk that hangs
        try:
            first = [asyncio.create_task(flush(writer)) for writer in sent]
            while not waited:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            assert store._log._pressure._waiting < 300_000
        finally:
            database.write.release()
        statuses = await asyncio.gather(*first)
        assert set(statuses) == {200, 503}
        assert all(seconds >= 1 for seconds in waited)
        while set(statuses) != {200}:
            statuses = [await flush(writer) for writer, end in sent.items() if not end]
        kept = await exact(http, "x")
    assert len(kept) == 1 + 30 * 500


async def test_the_more_waits_the_longer_a_caller_does() -> None:
    pressure = Pressure(points=1000, queue=1000, hold=0.05)
    delays: list[float] = []
    for points in (0, 500, 600, 800, 1000):
        pressure.counted(points)
        assert not pressure.full
        delays.append(pressure.delay())
    assert delays[:2] == [0, 0]
    assert 0 < delays[2] < delays[3] < delays[4]
    pressure.logged(1)
    assert pressure.full


async def test_batches_that_wait_a_moment_are_kept_in_their_order(tmp_path: Path) -> None:
    store = SqliteMetricStore.open(tmp_path)
    writer = Writer(store)
    store._log._pressure.counted(4_000_000)
    batches = []
    for n in range(1, 20):
        batches.append(pack([(n, 1, (n, n, {"x": 1.0}))], start=n - 1))
    answers = [await store.append(writer.run, batch) for batch in batches]
    assert [each.position for each in answers] == [*range(1, 20)]
    await store.close()
