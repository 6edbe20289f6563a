"""Links between the buses of processes: who listens there is heard here, and told of what moves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from wanllmdb_server.domain.event import Event, RunChanged, RunMoved, project_topic, run_topic
from wanllmdb_server.events.memory import MemoryEventBus
from wanllmdb_server.events.relay import RelayEventBus


@dataclass
class Wire:
    """A cable between two buses that can be cut."""

    forth: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    back: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    sent: int = 0

    def send(self, queue: asyncio.Queue[bytes]) -> Callable[[bytes], object]:
        async def put(content: bytes) -> None:
            self.sent += 1
            queue.put_nowait(content)

        return put


@contextlib.asynccontextmanager
async def linked(one: RelayEventBus, other: RelayEventBus) -> AsyncIterator[Wire]:
    wire = Wire()
    tasks = [
        asyncio.create_task(one.link(wire.send(wire.forth), wire.back.get)),  # type: ignore[arg-type]
        asyncio.create_task(other.link(wire.send(wire.back), wire.forth.get)),  # type: ignore[arg-type]
    ]
    try:
        yield wire
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(true: Callable[[], object]) -> None:
    for _ in range(4000):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("not within 20 s")


def bus() -> RelayEventBus:
    return RelayEventBus(MemoryEventBus())


def moved(position: int, run: int = 2) -> RunMoved:
    return RunMoved(1, run, f"r{run}", position)


PROJECT = project_topic(1)


async def test_a_run_that_is_viewed_in_one_process_is_watched_in_the_other() -> None:
    api, metrics = bus(), bus()
    async with linked(api, metrics):
        async with api.subscribe([run_topic(2)]) as heard:
            await until(lambda: metrics.listeners(run_topic(2)) == 1)
            heard.add([run_topic(3)])
            await until(lambda: metrics.listeners(run_topic(3)) == 1)
            assert api.listeners(run_topic(2)) == 1  # what comes back is not counted twice
        await until(lambda: not metrics.listeners(run_topic(2)))
        assert metrics.listeners(run_topic(3)) == 0


async def test_who_listens_hears_what_moves_in_the_other_process_and_nothing_twice() -> None:
    api, metrics = bus(), bus()
    async with linked(api, metrics), api.subscribe([PROJECT]) as heard:
        await until(lambda: metrics.listeners(PROJECT))
        await until(lambda: heard.missed == 1)  # since the link stands
        heard.drain()
        metrics.publish(PROJECT, moved(7))
        metrics.publish(project_topic(9), RunChanged(9, 5, "elsewhere"))
        async with asyncio.timeout(20):
            assert await anext(heard) == moved(7)
        api.publish(PROJECT, moved(8))
        await asyncio.sleep(0.1)
        assert heard.drain() == [moved(8)]


async def test_processes_that_are_linked_to_one_hear_each_other() -> None:
    api, metrics, worker = bus(), bus(), bus()
    async with (
        linked(api, metrics),
        linked(worker, metrics),
        api.subscribe([PROJECT]) as heard,
    ):
        await until(lambda: worker.listeners(PROJECT))
        heard.drain()
        worker.publish(PROJECT, RunChanged(1, 4, "silent"))

        def came() -> list[Event]:
            return [event for event in heard.drain() if event.run_number == 4]

        found: list[Event] = []
        await until(lambda: found.extend(came()) or found)
        assert found == [RunChanged(1, 4, "silent")]


async def test_of_many_moves_of_a_run_a_link_carries_the_last() -> None:
    api, metrics = bus(), bus()
    async with linked(api, metrics) as wire, api.subscribe([PROJECT]) as heard:
        await until(lambda: metrics.listeners(PROJECT) and heard.missed)
        heard.drain()
        before = wire.sent
        for position in range(5000):
            metrics.publish(PROJECT, moved(position))
        async with asyncio.timeout(20):
            last = await anext(heard)
        assert last == moved(4999)
        assert wire.sent - before < 10


async def test_after_a_link_broke_everybody_looks_for_themselves() -> None:
    api, metrics = bus(), bus()
    async with api.subscribe([PROJECT]) as heard:
        async with linked(api, metrics):
            await until(lambda: heard.missed == 1)
        assert metrics.listeners(PROJECT) == 0
        metrics.publish(PROJECT, moved(1))  # nobody carries it
        waiting = asyncio.create_task(anext(heard))
        heard.drain()
        async with linked(api, metrics):
            await until(lambda: heard.missed == 2)
            async with asyncio.timeout(20):
                await waiting  # who waited is woken
