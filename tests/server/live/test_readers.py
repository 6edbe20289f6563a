"""Live: one read for all who look; nothing is queued for who does not keep up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.server.house import House, row, send

from wanllmdb_server.domain.news import News, Points, Wish
from wanllmdb_server.domain.series import Series, Tail
from wanllmdb_server.domain.watch import MAX_SERIES_POINTS, unseen
from wanllmdb_server.services import live

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
    def values(self) -> list[float]:
        tails = [tail for news in self.news if isinstance(news, Points) for _, tail in news.tails]
        return [value for tail in tails for value in tail.value.tolist()]


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nothing tells a test
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TICK_S", 0.01)


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
        assert len([news for news in slow.news if isinstance(news, Points)]) == 1


async def test_many_who_look_cost_one_read_of_the_store(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    tail = house.store.tail

    async def counted(series: Any, after: Any) -> Any:
        reads.append(len(series))
        return await tail(series, after)

    monkeypatch.setattr(house.services.live._store, "tail", counted)
    lookers = [Looker() for _ in range(10)]
    for looker in lookers:
        wish = Wish(id="s", keys=["x"], **FIRST)
        await house.services.live.subscribe(house.actors["viewer"], looker, wish)
    [reader] = house.services.live._readers.values()
    await until(lambda: not any(watch.due for watch in reader.watches))
    reads.clear()
    async with house.client("member") as http:
        await send(http, 0, [row(1, x=1.0)])
        await until(lambda: all(looker.values == [1.0] for looker in lookers))
    assert reads == [1]


async def test_the_last_who_leaves_ends_the_reader(house: House) -> None:
    looker, service = Looker(), house.services.live
    await service.subscribe(house.actors["viewer"], looker, Wish(id="a", **FIRST))
    await service.subscribe(house.actors["viewer"], looker, Wish(id="b", **FIRST))
    [reader] = service._readers.values()
    service.unsubscribe(looker, "a")
    service.unsubscribe(looker, "unknown")
    assert house.bus.listeners(live.run_topic(1)) == 1
    service.unsubscribe(looker)
    await asyncio.gather(reader.task, return_exceptions=True)
    assert reader.task.cancelled()
    assert house.bus.listeners(live.run_topic(1)) == 0


def test_a_tail_is_cut_where_it_was_told_already_and_where_it_is_too_long() -> None:
    n = MAX_SERIES_POINTS + 5
    tail = Tail(Series(1, "x"), 10, np.arange(n), np.arange(n), np.arange(n, dtype=np.float64))
    assert unseen(tail, 12).start == n + 10 - MAX_SERIES_POINTS
    short = Tail(Series(1, "x"), 10, np.arange(4), np.arange(4), np.arange(4.0))
    assert unseen(short, 12).value.tolist() == [2.0, 3.0]
    assert unseen(short, 12).start == 12
    assert unseen(short, 3) is short  # a gap: the viewer draws the curve anew
