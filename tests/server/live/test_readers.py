"""Live: one read for all who look; nothing is queued for who does not keep up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.server.house import House, row, send

from wanllmdb_server.catalog.runs import NewRun
from wanllmdb_server.domain.event import run_topic
from wanllmdb_server.domain.news import News, Points, Wish
from wanllmdb_server.domain.series import Series, Tail

FIRST = {"owner": "ann", "project": "vision", "runs": ["first"]}


class Looker:
    """A viewer that keeps up when it is told to."""

    def __init__(self, *, quick: bool = True) -> None:
        self.quick = quick
        self.news: list[News] = []

    def ready(self) -> bool:
        return self.quick

    def tell(self, news: News) -> None:
        self.news.append(news)

    @property
    def points(self) -> list[Points]:
        return [news for news in self.news if isinstance(news, Points)]

    @property
    def values(self) -> list[float]:
        tails = [tail for news in self.points for _, tail in news.tails.pieces]
        return [value for tail in tails for value in tail.value.tolist()]


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nothing tells a test
            await asyncio.sleep(0.01)


async def test_who_does_not_keep_up_is_told_later_what_there_is_then(house: House) -> None:
    slow, quick = Looker(quick=False), Looker()
    viewer = house.actors["viewer"]
    async with house.client("member") as http:
        for looker in (slow, quick):
            await house.services.live.subscribe(viewer, looker, Wish(id="s", keys=["x"], **FIRST))
        for n in range(1, 21):
            await send(http, n - 1, [row(n, x=float(n))])
        await until(lambda: len(quick.values) == 20)
        assert slow.news == []
        slow.quick = True
        await until(lambda: len(slow.values) == 20)
        assert slow.values == quick.values == [float(n) for n in range(1, 21)]
        assert len(slow.points) == 1


@pytest.fixture
def reads(house: House, monkeypatch: pytest.MonkeyPatch) -> list[list[Series]]:
    """What the store was asked for on behalf of live viewers, read by read."""
    reads: list[list[Series]] = []
    tail = house.store.tail

    async def counted(series: Sequence[Series], after: Sequence[int]) -> list[Tail]:
        reads.append(list(series))
        return await tail(series, after)

    monkeypatch.setattr(house.store, "tail", counted)
    return reads


async def settled(house: House) -> None:
    """Wait until nothing is due to anybody."""
    readers = house.services.live._readers
    await until(lambda: not any(each.due for one in readers.values() for each in one._standings))


async def test_fifty_who_look_at_one_project_cost_one_read_of_the_store(
    house: House, reads: list[list[Series]]
) -> None:
    lookers = [Looker() for _ in range(50)]
    for looker in lookers:
        wish = Wish(id="s", keys=["x"], **FIRST)
        await house.services.live.subscribe(house.actors["viewer"], looker, wish)
    await settled(house)
    reads.clear()
    async with house.client("member") as http:
        await send(http, 0, [row(1, x=1.0)])
        await until(lambda: all(looker.values == [1.0] for looker in lookers))
        assert reads == [[Series(1, "x")]]
        [reader] = house.services.live._readers.values()
        assert len(list(reader._standings)) == 1, "who was told the same is reckoned once"
        await send(http, 1, [row(2, x=2.0)])
        await until(lambda: all(looker.values == [1.0, 2.0] for looker in lookers))
    assert reads == [[Series(1, "x")]] * 2
    tails = {id(looker.points[-1].tails) for looker in lookers}
    assert len(tails) == 1, "and what they are told is encoded once"


async def test_fifty_who_look_at_projects_of_their_own_read_only_what_changed(
    house: House, reads: list[list[Series]]
) -> None:
    owner, lookers = house.actors["owner"], [Looker() for _ in range(50)]
    runs = [
        (await house.services.runs.create(owner, f"p{n}", NewRun(id="r"))).run for n in range(50)
    ]
    for run, looker in zip(runs, lookers, strict=True):
        wish = Wish(id="s", owner="ann", project=run.project, runs=["r"], keys=["x", "y"])
        await house.services.live.subscribe(owner, looker, wish)
    await settled(house)
    reads.clear()
    async with house.client("owner") as http:
        for n in (7, 31):
            await send(http, 0, [row(1, x=float(n))], run=f"ann/p{n}/r")
        await until(lambda: (lookers[7].values, lookers[31].values) == ([7.0], [31.0]))
    assert sorted(reads, key=lambda read: read[0].run) == [
        [Series(runs[n].number, "x"), Series(runs[n].number, "y")] for n in (7, 31)
    ]
    assert [looker.values for looker in lookers].count([]) == 48


async def test_nobody_is_told_more_often_than_they_asked_for(house: House) -> None:
    calm, eager = Looker(), Looker()
    for looker, rate in ((calm, 1), (eager, 64)):
        wish = Wish(id="s", keys=["x"], rate=rate, **FIRST)
        await house.services.live.subscribe(house.actors["viewer"], looker, wish)
    await settled(house)
    async with house.client("member") as http:
        for n in range(1, 31):
            await send(http, n - 1, [row(n, x=float(n))])
            await until(lambda: len(eager.values) == n)  # noqa: B023 - awaited here
        await until(lambda: len(calm.values) == 30)
    assert len(eager.points) == 30
    assert len(calm.points) < 30
    assert calm.values == eager.values


async def test_the_last_who_leaves_ends_the_reader(house: House) -> None:
    looker, service = Looker(), house.services.live
    await service.subscribe(house.actors["viewer"], looker, Wish(id="a", **FIRST))
    await service.subscribe(house.actors["viewer"], looker, Wish(id="b", **FIRST))
    [reader] = service._readers.values()
    service.unsubscribe(looker, "a")
    service.unsubscribe(looker, "unknown")
    assert house.bus.listeners(run_topic(1)) == 1
    service.unsubscribe(looker)
    tasks = reader.end()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks)
    assert house.bus.listeners(run_topic(1)) == 0
