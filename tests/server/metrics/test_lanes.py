"""Lanes: nobody has one with another, whoever waits gets one, and its end is never a guess."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from wanllmdb_server.metrics.lanes import LANES, Lanes
from wanllmdb_server.metrics.store import MetricStore

RUN = 7


class Positions:
    """What lanes ask of a store."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False

    async def positions(self, _: int, writers: list[str]) -> dict[str, int]:
        await asyncio.sleep(0)
        if self.fails:
            raise RuntimeError("cannot say")
        self.asked += writers
        return dict.fromkeys(writers, 40)


@pytest.fixture
def store() -> Positions:
    return Positions()


@pytest.fixture
def lanes(store: Positions) -> Lanes:
    return Lanes(cast("MetricStore", store), "boot")


async def test_the_end_of_a_lane_is_asked_once_and_then_known(
    lanes: Lanes, store: Positions
) -> None:
    assert lanes.at_once(RUN) is None
    lane = await lanes.one(RUN)
    assert lane.end == 40
    with lanes.giving_back(lane):
        lane.end = 50
    again = lanes.at_once(RUN)
    assert again is not None
    assert (again.writer, again.end) == (lane.writer, 50)
    assert lanes.at_once(RUN) is None
    assert len(store.asked) == 1


async def test_each_lane_is_of_one_at_a_time_and_whoever_waits_gets_the_next(lanes: Lanes) -> None:
    held = await asyncio.gather(*(lanes.one(RUN) for _ in range(LANES)))
    assert len({lane.writer for lane in held}) == LANES
    waiting = [asyncio.create_task(lanes.one(RUN)) for _ in range(3)]
    other = await asyncio.wait_for(lanes.one(RUN + 1), 5)  # another run has its own
    assert other.run == RUN + 1
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    waiting[0].cancel()
    await asyncio.sleep(0)
    lanes.give(held[3])
    assert (await asyncio.wait_for(waiting[1], 5)).writer == held[3].writer
    assert not waiting[2].done()
    lanes.give(held[5])
    assert (await asyncio.wait_for(waiting[2], 5)).writer == held[5].writer


async def test_after_a_failure_the_end_is_asked_anew(lanes: Lanes, store: Positions) -> None:
    lane = await lanes.one(RUN)
    lane.end = 90

    def append() -> None:
        with lanes.giving_back(lane):
            raise RuntimeError("the append failed")

    with pytest.raises(RuntimeError):
        append()
    assert lanes.at_once(RUN) is None
    store.fails = True
    with pytest.raises(RuntimeError):
        await lanes.one(RUN)
    store.fails = False
    assert (await asyncio.wait_for(lanes.one(RUN), 5)).end == 40
