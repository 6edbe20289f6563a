"""Lanes: the writers of points that come without an id.

They are named after this start of the server, and there are several to a run, so that senders
need not wait for each other. Who has a lane has it alone, and gives it back with the position up
to which its writer is known then; of a lane whose append failed that must be asked anew.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from wanllmdb_server.domain.receipt import ANSWERED_PREFIX
from wanllmdb_server.metrics.store import MetricStore

LANES: Final = 8  # batches without an id that go to one run at once
REMEMBERED: Final = 10_000  # lanes whose ends are known while nobody is in them


@dataclass(slots=True)
class Lane:
    """A lane that somebody has; `end` is how far its writer is known, None if nobody knows."""

    run: int
    number: int
    writer: str
    end: int | None


class Lanes:
    """Gives lanes out. On one event loop."""

    def __init__(self, store: MetricStore, boot: str) -> None:
        """`boot` is a name that no other start of the server had."""
        self._store = store
        self._names = [f"{ANSWERED_PREFIX}{boot}-{number}" for number in range(LANES)]
        self._busy: dict[int, set[int]] = {}
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}
        self._ends: dict[tuple[int, int], int] = {}

    def at_once(self, run: int) -> Lane | None:
        """A lane of the run that is free and whose end is known; give it back."""
        busy = self._busy.get(run, ())
        for number, name in enumerate(self._names):
            if number not in busy and (run, number) in self._ends:
                self._busy.setdefault(run, set()).add(number)
                return Lane(run, number, name, self._ends.pop((run, number)))
        return None

    async def one(self, run: int) -> Lane:
        """A lane of the run, as soon as one is free; its end is known. Give it back."""
        lane = self._free(run)
        while lane is None:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(run, deque()).append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self._wake(run)  # it may have been this one's turn
                raise
            lane = self._free(run)
        with self.giving_back(lane, kept=True):
            if lane.end is None:
                positions = await self._store.positions(run, [lane.writer])
                lane.end = positions.get(lane.writer, 0)
        return lane

    @contextmanager
    def giving_back(self, lane: Lane, *, kept: bool = False) -> Iterator[None]:
        """Give the lane back when this is over; if `kept`, only when it fails."""
        try:
            yield
        except BaseException:
            lane.end = None
            self.give(lane)
            raise
        if not kept:
            self.give(lane)

    def give(self, lane: Lane) -> None:
        """Whoever has the lane needs it no more."""
        busy = self._busy[lane.run]
        busy.discard(lane.number)
        if not busy:
            del self._busy[lane.run]
        if lane.end is not None:
            if len(self._ends) >= REMEMBERED:
                self._ends.clear()
            self._ends[lane.run, lane.number] = lane.end
        self._wake(lane.run)

    def _wake(self, run: int) -> None:
        """Let one of those who wait look again."""
        waiting = self._waiting.get(run)
        while waiting:
            waiter = waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                break
        if waiting is not None and not waiting:
            del self._waiting[run]

    def _free(self, run: int) -> Lane | None:
        lane = self.at_once(run)
        if lane is not None:
            return lane
        busy = self._busy.get(run, set())
        for number, name in enumerate(self._names):
            if number not in busy:
                self._busy[run] = busy | {number}
                return Lane(run, number, name, None)
        return None
