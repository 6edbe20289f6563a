"""Reader: reads the new points of one project for all who look at its runs.

Nothing is queued for a viewer who does not keep up: what is still to be told them is a set of
runs, and the points are read when they are ready for more. Whoever fell behind what the store
has in memory sees a gap in `Tail.start` and draws the curve anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from wanllmdb_server.domain.errors import UnavailableError
from wanllmdb_server.domain.event import Event, RunDeleted, RunMoved, run_topic
from wanllmdb_server.domain.news import TOP_RATE, Points, Tails, Viewer
from wanllmdb_server.domain.pace import Pace
from wanllmdb_server.domain.series import KeyStats, Series, Tail
from wanllmdb_server.domain.watch import Standing, Standings, Watch
from wanllmdb_server.events.bus import Subscription
from wanllmdb_server.metrics.store import MetricStore
from wanllmdb_server.services.live.follower import Follower

AFRESH_S: Final = 1.0  # after a read that failed
SUDDEN_S: Final = 0.002

logger = logging.getLogger("wanllmdb.live")


class Reader:
    """Reads for all viewers of one project."""

    def __init__(
        self,
        project_id: int,
        events: Subscription,
        store: MetricStore,
        follower: Follower,
        pace: Pace,
        *,
        clock: Callable[[], float],
        spent: Callable[[], float],
    ) -> None:
        self.project_id = project_id
        self.watches: dict[Watch, Viewer] = {}
        self._events = events
        self._store = store
        self._follower = follower
        self._pace = pace
        self._clock = clock
        self._spent = spent
        self._born = clock()
        self._missed = 0
        self._cost = 0.0  # of the last read, in seconds of this thread
        self._standings = Standings()
        self._viewed: Counter[int] = Counter()
        self._waiting: asyncio.Timeout | None = None
        self._tasks = [
            asyncio.create_task(self._read()),
            asyncio.create_task(follower.follow(self)),
        ]

    def end(self) -> Sequence[asyncio.Task[None]]:
        """Read no longer; gives what will have ended soon."""
        for task in self._tasks:
            task.cancel()
        return self._tasks

    def add(self, viewer: Viewer, watch: Watch, known: Mapping[int, Sequence[KeyStats]]) -> None:
        """Read for this watch too; `known` is what its series were when it began."""
        self.watches[watch] = viewer
        self._standings.add(watch)
        self._follower.add(viewer, known)
        runs = watch.standing.runs
        self._viewed.update(runs.keys())
        self._events.add(run_topic(number) for number in runs)
        self._wake()

    def remove(self, watch: Watch) -> None:
        """Read for this watch no longer; a run that nobody views is watched no longer."""
        viewer = self.watches.pop(watch, None)
        if viewer is None:
            return
        self._standings.remove(watch)
        if viewer not in self.watches.values():
            self._follower.remove(viewer)
        runs = watch.standing.runs
        self._viewed.subtract(runs.keys())
        unseen = [number for number in runs if self._viewed[number] <= 0]
        self._events.remove(run_topic(number) for number in unseen)
        for number in unseen:
            del self._viewed[number]

    def more_keys(self, number: int) -> None:
        """A run has keys that it did not have: they are due to whoever wants all of them."""
        for standing in self._standings:
            if standing.keys is None and number in standing.runs:
                standing.due.add(number)
        self._wake()

    def back(self, number: int) -> None:
        """A run that was gone is there again: what came to it meanwhile is due."""
        for standing in self._standings:
            if number in standing.runs:
                standing.due.add(number)
        self._wake()

    async def _read(self) -> None:
        async with self._events:
            while True:
                await self._rest()
                try:
                    await self._tick()
                except UnavailableError:  # what is due stays so until the store is back
                    await asyncio.sleep(AFRESH_S)
                except Exception:  # the others shall not go without for one bad look
                    logger.exception("project %d could not be read", self.project_id)
                    await asyncio.sleep(AFRESH_S)

    async def _rest(self) -> None:
        """Until points are due; after each moment of work a slot in which events gather."""
        while True:
            slot = (int(self._now() * TOP_RATE) + 1) / TOP_RATE
            await asyncio.sleep(max(slot - self._now(), self._pace.rest))
            self._hear(self._events.drain())
            wait = self._wait()
            if wait is None or wait > 0:
                await self._listen(wait)
                wait = self._wait()
            if wait is not None and wait <= 0:
                return

    async def _listen(self, seconds: float | None) -> None:
        """Until something is heard, but not longer."""
        heard: list[Event] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds) as self._waiting:
                heard.append(await anext(self._events))
        self._waiting = None
        self._hear([*heard, *self._events.drain()])

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    def _wait(self) -> float | None:
        """Seconds until points may be told that are due; None while none are."""
        at = self._standings.next_at()
        return None if at is None else max(at - self._now(), self._pace.rest)

    def _now(self) -> float:
        return self._clock() - self._born

    def _hear(self, events: Sequence[Event]) -> None:
        moved: set[int] = set()
        changed: dict[int, None] = {}
        for event in events:
            if isinstance(event, RunDeleted):
                self._follower.forget(event.run_number)
                continue
            changed[event.run_number] = None
            if isinstance(event, RunMoved):
                moved.add(event.run_number)
        if self._events.missed != self._missed:  # so look at all that is viewed
            self._missed = self._events.missed
            moved |= self._viewed.keys()
            changed |= dict.fromkeys(self._viewed)
        moved.difference_update(self._follower.gone)
        if moved:
            for standing in self._standings:
                standing.due |= moved & standing.runs.keys()
        if changed:
            self._follower.hear(changed)

    async def _tick(self) -> None:
        before, now = self._spent(), self._now()
        due = [each for each in self._standings if each.due and each.next_at <= now]
        ready = [each for each in due if self._ready(each, now)]
        if ready:
            self._tell(ready, await self._tails(ready), now)
            self._standings.join(ready)
        # What takes far longer than it did before was somebody else's: a collection of garbage.
        self._cost = min(max(self._spent() - before, 0.0), 4 * self._cost + SUDDEN_S)
        self._pace.spend(self._cost)

    def _ready(self, standing: Standing, now: float) -> bool:
        """Whether anybody who stands there keeps up; who does not is left behind."""
        members = self._standings.of(standing)
        slow = [each for each in members if not self.watches[each].ready()]
        if len(slow) == len(members):
            standing.take_slot(now)  # and look again in the next one
            return False
        if slow:
            self._standings.part(standing, slow)
        return True

    async def _tails(self, ready: Sequence[Standing]) -> Mapping[Series, Tail]:
        """One read for all of them."""
        wanted: dict[Series, int] = {}
        for standing in ready:
            for series in standing.wanted(self._follower.known):
                told = standing.told.get(series, 0)
                wanted[series] = min(told, wanted.get(series, told))
        if not wanted:
            return {}
        tails = await self._store.tail(list(wanted), list(wanted.values()))
        # A tail without points that begins behind the cursor says: draw this anew.
        return {
            tail.series: tail
            for tail in tails
            if len(tail.step) or tail.start > wanted[tail.series]
        }

    def _tell(self, ready: Sequence[Standing], found: Mapping[Series, Tail], now: float) -> None:
        for standing in ready:
            pieces = standing.share(found, self._follower.known)
            if not pieces:
                continue
            standing.take_slot(now)
            news = Tails(pieces)
            for watch in self._standings.of(standing):
                path = f"{watch.wish.owner}/{watch.wish.project}"
                self.watches[watch].tell(Points(watch.wish.id, path, news))
