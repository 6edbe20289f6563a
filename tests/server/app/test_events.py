"""The bus in memory: who listens hears, who does not keep up is told so."""

from __future__ import annotations

import asyncio

from wanllmdb_server.domain.event import RunMoved
from wanllmdb_server.events.memory import MemoryEventBus


def moved(position: int) -> RunMoved:
    return RunMoved(1, 2, "r1", position)


async def test_a_listener_hears_its_topics_in_order_and_no_other() -> None:
    bus = MemoryEventBus()
    async with bus.subscribe(["a"]) as heard:
        bus.publish("a", moved(1))
        bus.publish("b", moved(2))
        bus.publish("a", moved(3))
        assert [await anext(heard), await anext(heard)] == [moved(1), moved(3)]
        assert heard.drain() == []


async def test_a_listener_that_waits_is_woken_from_another_thread() -> None:
    bus = MemoryEventBus()
    async with bus.subscribe(["a"]) as heard:
        waiting = asyncio.create_task(anext(heard))
        await asyncio.sleep(0)
        await asyncio.to_thread(bus.publish, "a", moved(7))
        async with asyncio.timeout(10):
            assert await waiting == moved(7)


async def test_who_does_not_keep_up_loses_the_oldest_and_knows() -> None:
    bus = MemoryEventBus()
    async with bus.subscribe(["a"], limit=2) as heard:
        for position in range(5):
            bus.publish("a", moved(position))
        assert heard.missed == 3
        assert heard.drain() == [moved(3), moved(4)]


async def test_a_run_is_watched_as_long_as_somebody_listens() -> None:
    bus = MemoryEventBus()
    assert bus.listeners("run:2") == 0
    async with bus.subscribe(["project:1"]) as heard:
        heard.add(["run:2"])
        assert bus.listeners("run:2") == 1
        heard.remove(["run:2"])
        assert bus.listeners("run:2") == 0
        assert bus.listeners("project:1") == 1
    assert bus.listeners("project:1") == 0
